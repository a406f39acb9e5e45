package tenant

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
)

// This file moves a tenant's folder: from a directory into a tar stream, and out of it again. A stream comes from outside,
// so reading is bounded and takes plain files with clean names only; nothing of it ever reaches a file system.

// ReadFS reads the folder as Load wants it. Skipped names what is the author's own and stays: sources of modules (folders
// under rules), documentation, tests, cases of rule files, mappings of lotse import and hidden files. What else does not
// belong is read all the same, so that Load can say so.
func ReadFS(fsys fs.FS) (files map[string][]byte, skipped []string, err error) {
	files = map[string][]byte{}
	var total int64
	err = fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name == "." {
			return nil
		}
		if ownOf(name, entry.IsDir()) {
			if entry.IsDir() {
				skipped = append(skipped, name+"/")
				return fs.SkipDir
			}
			skipped = append(skipped, name)
			return nil
		}
		if entry.IsDir() {
			return nil
		}
		if !entry.Type().IsRegular() {
			return refuse(name, "the entry is not a plain file", "replace a link by the file that it points to")
		}
		if len(files) == MaxFiles {
			return refuse(".", fmt.Sprintf("the folder holds more than %d files", MaxFiles), "")
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		if total += info.Size(); total > MaxFolder {
			return refuse(name, fmt.Sprintf("the folder is larger than %d MiB up to here", MaxFolder>>20), "")
		}
		files[name], err = fs.ReadFile(fsys, name)
		return err
	})
	if err != nil {
		return nil, skipped, err
	}
	return files, skipped, nil
}

// ownOf tells whether a path is the author's own, and not part of what is applied.
func ownOf(name string, isDir bool) bool {
	base := path.Base(name)
	switch {
	case strings.HasPrefix(base, "."):
		return true
	case isDir:
		return path.Dir(name) == "rules" || base == "testdata" || base == "tests"
	}
	return strings.HasSuffix(base, "_test.rego") || path.Dir(name) == "rules" && strings.HasSuffix(base, ".test.yaml") || strings.HasSuffix(base, ".md") || name == "mapping.yaml" ||
		strings.HasPrefix(base, "README") || strings.HasPrefix(base, "LICENSE")
}

// WriteTar writes the folder as the tar stream that ReadTar reads, and says what it left out. The same files give the same
// bytes: no times, no owners.
func WriteTar(w io.Writer, fsys fs.FS) (skipped []string, err error) {
	files, skipped, err := ReadFS(fsys)
	if err != nil {
		return skipped, err
	}
	return skipped, WriteFiles(w, files)
}

// WriteFiles is WriteTar for files that are read already.
func WriteFiles(w io.Writer, files map[string][]byte) error {
	t := tar.NewWriter(w)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		h := &tar.Header{Typeflag: tar.TypeReg, Name: name, Size: int64(len(files[name])), Mode: 0o644}
		if err := t.WriteHeader(h); err != nil {
			return fmt.Errorf("write the header of %s: %w", name, err)
		}
		if _, err := t.Write(files[name]); err != nil {
			return fmt.Errorf("write %s: %w", name, err)
		}
	}
	return t.Close()
}

// ReadTar reads a folder from a tar stream. What is wrong with the stream is an *InvalidError; another error is the
// reader's own.
func ReadTar(r io.Reader) (map[string][]byte, error) {
	// Padding, headers and folders come on top of the files. The reader stops there, whatever a header claims.
	limited := &io.LimitedReader{R: r, N: MaxFolder + 4096*MaxFiles}
	source := &watched{r: limited}
	t := tar.NewReader(source)
	files := map[string][]byte{}
	total := int64(0)
	for entries := 0; ; entries++ {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return files, nil
		}
		if err != nil {
			return nil, broken(source.err, limited.N <= 0)
		}
		if entries == 4*MaxFiles || len(files) == MaxFiles && h.Typeflag == tar.TypeReg {
			return nil, refuse(".", fmt.Sprintf("the archive holds more than %d files", MaxFiles), "")
		}
		name := strings.TrimPrefix(h.Name, "./")
		switch h.Typeflag {
		case tar.TypeDir:
			if name = strings.TrimSuffix(name, "/"); name != "" && name != "." && !clean(name) {
				return nil, refuse(shown(h.Name), "the path is not clean", "pack the folder with relative paths and without ..")
			}
			continue
		case tar.TypeXGlobalHeader:
			continue
		case tar.TypeReg:
		default:
			return nil, refuse(shown(h.Name), "the entry is not a plain file", "replace a link by the file that it points to")
		}
		if !clean(name) {
			return nil, refuse(shown(h.Name), "the path is not clean", "pack the folder with relative paths and without ..")
		}
		if _, ok := files[name]; ok {
			return nil, refuse(shown(name), "the file is in the archive twice", "")
		}
		if total += h.Size; h.Size < 0 || total > MaxFolder {
			return nil, refuse(shown(name), fmt.Sprintf("the folder is larger than %d MiB up to here", MaxFolder>>20), "")
		}
		// Not of the claimed size at once: a few bytes could claim many.
		data, err := io.ReadAll(t)
		if err != nil || int64(len(data)) != h.Size {
			return nil, broken(source.err, limited.N <= 0)
		}
		files[name] = data
	}
}

// clean tells whether a path is relative, slashed, without . and .., and without what no file of a tenant has in its name.
func clean(name string) bool {
	return fs.ValidPath(name) && name != "." && len(name) <= 200 && !strings.ContainsFunc(name, func(r rune) bool {
		return r < ' ' || r == 0x7f || r == '\\' || r == ':' || r == '\uFFFD'
	})
}

// watched remembers an error of the reader below, to tell it from a broken archive.
type watched struct {
	r   io.Reader
	err error
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		w.err = err
	}
	return n, err
}

func broken(readerError error, tooLarge bool) error {
	switch {
	case readerError != nil:
		return fmt.Errorf("read the archive: %w", readerError)
	case tooLarge:
		return refuse(".", fmt.Sprintf("the archive is larger than %d MiB", MaxFolder>>20), "")
	}
	return refuse(".", "this is not a whole tar archive", "pack the folder with lotse apply, or with tar")
}

func refuse(file, message, suggestion string) error {
	return &InvalidError{Problems: []Problem{{File: file, Message: message, Suggestion: suggestion}}}
}
