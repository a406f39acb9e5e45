package main

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/lotse-edge/lotse/policies"
)

// readPolicy reads a policy's folder: its Rego files and data documents, without the tests.
func readPolicy(dir string) (policies.Source, error) {
	s := policies.Source{Files: map[string]string{}}
	fsys := os.DirFS(dir)
	err := fs.WalkDir(fsys, "privacy", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasSuffix(name, "_test.rego") {
			return err
		}
		if !strings.HasSuffix(name, ".rego") && path.Base(name) != "data.json" {
			return fmt.Errorf("%s is not part of a policy, which is made of *.rego and data.json", name)
		}
		text, err := fs.ReadFile(fsys, name)
		s.Files[name] = string(text)
		return err
	})
	if err != nil {
		return s, fmt.Errorf("read the policy's folder, which holds a folder privacy: %w", err)
	}
	return s, nil
}
