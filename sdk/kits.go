// Package sdk has the guest kits that are not Go packages, as text: the command lotse writes them beside a module's own
// accessors, so that a rule in AssemblyScript, Rust or C needs nothing but its compiler.
//
// The package holds no state and is safe for concurrent use.
package sdk

import (
	"embed"
	"path"
)

//go:embed assemblyscript/lotse.ts assemblyscript/module.ts rust/lotse.rs c/lotse.h
var files embed.FS

// KitFile is a file of a kit, as it stands beside a module's sources.
type KitFile struct {
	Name string
	Text []byte
}

// Kit gives the files of the kit in the folder of that name: assemblyscript, rust or c. There are none for another name.
func Kit(language string) []KitFile {
	entries, err := files.ReadDir(language)
	if err != nil {
		return nil // no such folder
	}
	var kit []KitFile
	for _, e := range entries {
		text, err := files.ReadFile(path.Join(language, e.Name()))
		if err != nil {
			panic("BUG: an embedded file cannot be read: " + err.Error())
		}
		kit = append(kit, KitFile{e.Name(), text})
	}
	return kit
}
