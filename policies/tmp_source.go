package policies

type Source struct {
	Files    map[string]string
	Revision string
	Metadata map[string]any
	SignedBy string
}

func Base() (Source, error) {
	files, err := baseFiles()
	return Source{Files: files}, err
}

func (s Source) Digest() string { return digestOf("base", s.Files) }
