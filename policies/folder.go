package policies

import (
	"fmt"
	"io/fs"
	"strings"
	"unicode/utf8"

	"github.com/open-policy-agent/opa/v1/ast"
)

// ReadFolder reads a policy from a folder: what is in its folder privacy, and a .manifest if there is one. What else lies
// beside them is not looked at, unless it is Rego or data that somebody might believe to be in force. The faults are
// SourceErrors.
func ReadFolder(fsys fs.FS) (Source, error) {
	in := intake{files: map[string]string{}}
	err := fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			if name != "." && name != "privacy" && !strings.HasPrefix(name, "privacy/") {
				return fs.SkipDir
			}
			return nil
		case !strings.Contains(name, "/") && beside(name):
			return nil
		case name == signaturesFile:
			in.fault(name, "is not checked in a folder: pack the policy as a bundle, or remove the signature")
			return nil
		case !entry.Type().IsRegular():
			in.fault(name, "is a link or a device: put the file itself there")
			return nil
		case !in.room(name):
			return fs.SkipAll
		}
		text, err := readFile(fsys, name)
		in.add(name, text)
		return err
	})
	if err != nil {
		return Source{}, fmt.Errorf("read the policy's folder: %w", err)
	}
	return in.source(false)
}

// beside tells whether a file beside the folder privacy has nothing to do with the policy.
func beside(name string) bool {
	switch name {
	case manifestFile, signaturesFile, "data.json", "data.yaml", "data.yml", "patch.json", "plan.json":
		return false
	}
	return !strings.HasSuffix(name, ".rego") && !strings.HasSuffix(name, ".wasm")
}

// readFile reads a file up to one byte more than a file may have.
func readFile(fsys fs.FS, name string) (text []byte, err error) {
	file, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return readBounded(file)
}

// intake collects the files of a policy and what is wrong with them.
type intake struct {
	files  map[string]string // with the manifest and the signatures
	bytes  int               // of all files so far
	full   bool              // no more files are taken
	faults faults
}

func (in *intake) fault(name, format string, args ...any) {
	if strings.ContainsFunc(name, unprintable) {
		name = fmt.Sprintf("%q", name)
	}
	in.faults.add(&ast.Location{File: name}, format, args...)
}

// room tells whether one more file fits.
func (in *intake) room(name string) bool {
	if !in.full && len(in.files) >= maxSourceFiles {
		in.full = true
		in.fault(name, "is one file too many: a policy has at most %d", maxSourceFiles)
	}
	return !in.full
}

// add takes a file in, or notes why not.
func (in *intake) add(name string, text []byte) {
	if in.bytes += len(text); in.bytes > maxSourceBytes {
		in.full = true
		in.fault(name, "makes the policy too big: it has at most %d bytes", maxSourceBytes)
		return
	}
	if name != manifestFile && name != signaturesFile {
		if wrong := place(name); wrong != "" {
			in.fault(name, "%s", wrong)
			return
		}
	}
	_, twice := in.files[name]
	switch {
	case twice:
		in.fault(name, "is there twice, and it cannot be told which one counts")
	case len(text) > maxFileBytes:
		in.fault(name, "is too big: a file has at most %d bytes", maxFileBytes)
	case !utf8.Valid(text):
		in.fault(name, "is not text in UTF-8: save it as UTF-8")
	default:
		in.files[name] = string(text)
	}
}

// source takes the manifest out and is done. A bundle must have one.
func (in *intake) source(bundle bool) (Source, error) {
	s := Source{Files: in.files}
	text, ok := in.files[manifestFile]
	switch {
	case ok:
		m := readManifest(text, &in.faults)
		s.Revision, s.Metadata = m.Revision, m.Metadata
	case bundle:
		in.fault(manifestFile, "is missing: a bundle says what it is, at least %s", `{"roots": ["privacy"], "rego_version": 2}`)
	}
	delete(in.files, manifestFile)
	delete(in.files, signaturesFile)
	if len(in.files) == 0 && len(in.faults) == 0 {
		in.fault("privacy", "is missing or empty: a policy is a folder privacy with Rego files")
	}
	if err := in.faults.err(); err != nil {
		return Source{}, err
	}
	return s, nil
}
