// Package sdk has the guest kits as text: the command lotse writes them beside a module's own accessors, so that a rule in Go,
// AssemblyScript, Rust or C needs nothing but its compiler.
//
// The package holds no state and is safe for concurrent use.
package sdk

import (
	"embed"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// The kit for Go has the package that tests a module natively, too. Our own tests stay at home.
//
//go:embed assemblyscript/lotse.ts assemblyscript/module.ts rust/lotse.rs c/lotse.h
//go:embed go/lotse.go go/guest_wasip1.go go/lotsetest/lotsetest.go
//go:embed abi/duration.go abi/entry.go abi/manifest.go abi/parse.go abi/record.go abi/section.go abi/title.go abi/validate.go
var files embed.FS

// KitFile is a file of a kit.
type KitFile struct {
	Name string // its path from the folder of a module's sources, with slashes
	Text []byte
}

// Kit gives the files of the kit in the folder of that name: assemblyscript, rust, c or go. There are none for another name. The
// kit for Go is a Go module of its own in a folder called lotse: the packages of this one that a rule imports, by the same paths.
func Kit(language string) []KitFile {
	folders := []string{language}
	if language == "go" {
		folders = append(folders, "abi")
	}
	var kit []KitFile
	for _, folder := range folders {
		err := fs.WalkDir(files, folder, func(file string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			text, err := files.ReadFile(file)
			if err != nil {
				panic("BUG: an embedded file cannot be read: " + err.Error())
			}
			name := strings.TrimPrefix(file, language+"/")
			if language == "go" {
				name = path.Join(GoFolder, "sdk", file)
			}
			kit = append(kit, KitFile{name, text})
			return nil
		})
		if err != nil {
			return nil // no such folder
		}
	}
	if language == "go" {
		kit = slices.Insert(kit, 0, KitFile{path.Join(GoFolder, "go.mod"), []byte("module " + GoModule + "\n\ngo 1.26\n")})
	}
	return kit
}

// The Go module of the kit, and the folder beside a module's sources that holds it.
const (
	GoModule = "github.com/lotse-edge/lotse"
	GoFolder = "lotse"
)
