//go:build kits

package main

import (
	"os"
	"path/filepath"
	"testing"
)

// TestKitsReadme follows the README of each kit to the letter; see TestKitReadmeGo.
func TestKitsReadme(t *testing.T) {
	environ := append(os.Environ(), "PATH="+wrappers(t)+string(filepath.ListSeparator)+os.Getenv("PATH"))
	for _, l := range languages {
		t.Run(l.name, func(t *testing.T) { followReadme(t, readme(t, l.name), environ) })
	}
}

// wrappers is a folder with the commands that a reader has: lotse, and the compilers that this run uses.
func wrappers(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, target := range map[string]string{"lotse": filepath.Join(binaryDir(t), "lotse"), "rustc": os.Getenv("RUSTC"), "clang": os.Getenv("CLANG")} {
		if filepath.IsAbs(target) {
			if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	return dir
}
