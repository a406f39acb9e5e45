package wasm

import (
	"strconv"
	"strings"
)

// Reserved begins the names of what the instrumenter adds; a module that exports such a name is refused.
const Reserved = "__lotse_"

func reserved(name string) bool { return strings.HasPrefix(name, Reserved) }

// GlobalName is the export of the module's mutable global of that index, where it is shown.
func GlobalName(index int) string { return Reserved + "g" + strconv.Itoa(index) }

// MutableGlobals are the indexes of the module's mutable globals.
func (m *Module) MutableGlobals() []int {
	var list []int
	for i, g := range m.Globals {
		if g.Mutable {
			list = append(list, i)
		}
	}
	return list
}

func flag(b bool) byte {
	if b {
		return 1
	}
	return 0
}
