package policies

import (
	"crypto/sha256"
	"embed"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// The base policy: one folder for each Rego package, its tests beside it.
//
//go:embed privacy
var base embed.FS

// SourceError is a fault in a policy's source.
type SourceError struct {
	File    string
	Line    int // from 1; 0: the file as a whole
	Message string
}

func (e *SourceError) Error() string {
	if e.Line == 0 {
		return e.File + ": " + e.Message
	}
	return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Message)
}

// SourceErrors is every fault that was found in a policy, by file and line.
type SourceErrors []*SourceError

func (e SourceErrors) Error() string {
	lines := make([]string, len(e))
	for i := range e {
		lines[i] = e[i].Error()
	}
	return strings.Join(lines, "\n")
}

// faults collects source errors, each once.
type faults []*SourceError

func (f *faults) add(loc *ast.Location, format string, args ...any) {
	e := &SourceError{Message: fmt.Sprintf(format, args...)}
	if loc != nil {
		e.File, e.Line = loc.File, loc.Row
	}
	if !slices.ContainsFunc(*f, func(o *SourceError) bool { return *o == *e }) {
		*f = append(*f, e)
	}
}

// addAll takes over what OPA's parser and compiler found.
func (f *faults) addAll(file string, err error) {
	var list ast.Errors
	if !errors.As(err, &list) {
		f.add(&ast.Location{File: file}, "%v", err)
		return
	}
	for _, e := range list {
		loc := e.Location
		if loc == nil {
			loc = &ast.Location{File: file}
		}
		f.add(loc, "%s", e.Message)
	}
}

func (f faults) err() error {
	if len(f) == 0 {
		return nil
	}
	slices.SortStableFunc(f, func(a, b *SourceError) int {
		if c := strings.Compare(a.File, b.File); c != 0 {
			return c
		}
		return a.Line - b.Line
	})
	return SourceErrors(f)
}

// baseFiles reads the embedded policy: the Rego sources, without their tests, and the data documents.
func baseFiles() (map[string]string, error) {
	files := map[string]string{}
	err := fs.WalkDir(base, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasSuffix(path, "_test.rego") {
			return err
		}
		text, err := base.ReadFile(path)
		files[path] = string(text)
		return err
	})
	return files, err
}

// digestOf is a SHA-256 over names and contents, each with its length, so that no two sets of files share it.
func digestOf(prefix string, files map[string]string) string {
	h := sha256.New()
	write := func(s string) {
		var n [8]byte
		binary.LittleEndian.PutUint64(n[:], uint64(len(s)))
		h.Write(n[:])
		h.Write([]byte(s))
	}
	write(prefix)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		write(name)
		write(files[name])
	}
	return hex.EncodeToString(h.Sum(nil))
}
