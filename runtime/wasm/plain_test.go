package wasm

// Rewritten says how a module is written anew.
type Rewritten struct {
	Seed uint64   // of what WASI's random_get gives
	Keep []string // names of the exports that the host uses; the others are left out
}

// Rewrite writes a module as the instrumenter does, but unmetered: what metering costs is measured against it, and what the
// decoder took out of a binary is seen in it.
//
//   - it imports nothing: each import of WASI is replaced by a function of the module, which takes the same index;
//   - each function begins with an empty loop, so that the engine's own termination check stops a recursion too;
//   - every mutable global is exported;
//   - custom sections are gone, and so are the data segments: the host writes Image into the memory.
//
// No index moves.
func Rewrite(m *Module, o Rewritten) []byte {
	b := []byte("\x00asm\x01\x00\x00\x00")

	var s []byte
	for _, t := range m.Types {
		s = appendTypes(appendTypes(append(s, 0x60), t.Params), t.Results)
	}
	b = appendSection(b, 1, len(m.Types), s)

	s = nil
	for _, f := range m.Imports {
		s = appendU32(s, f.Type)
	}
	for _, t := range m.Functions {
		s = appendU32(s, t)
	}
	b = appendSection(b, 3, len(m.Imports)+len(m.Functions), s)

	if m.Table != nil {
		b = appendSection(b, 4, 1, appendBounds([]byte{0x70}, *m.Table))
	}
	if m.Memory != nil {
		most := min(m.Memory.Max, m.Limits.Pages)
		b = appendSection(b, 5, 1, appendBounds(nil, Bounds{Min: m.Memory.Min, Max: most, HasMax: true}))
	}

	s = nil
	for _, g := range m.Globals {
		s = append(s, byte(g.Type), flag(g.Mutable))
		s = append(s, g.Init...)
	}
	b = appendSection(b, 6, len(m.Globals), s)

	exports, n := m.exports(o.Keep)
	b = appendSection(b, 7, n, exports)

	b = appendSection(b, 9, len(m.Elements), m.elements())
	return appendSection(b, 10, len(m.Imports)+len(m.Code), m.code(o.Seed))
}

func (m *Module) exports(keep []string) (s []byte, n int) {
	for _, name := range keep {
		if e, ok := m.Export(name); ok {
			s = appendU32(append(appendName(s, name), byte(e.Kind)), e.Index)
			n++
		}
	}
	for _, i := range m.MutableGlobals() {
		s = appendU32(append(appendName(s, GlobalName(i)), byte(GlobalExport)), uint32(i))
		n++
	}
	return s, n
}

// check is an empty loop: loop, no value, end.
var check = []byte{opLoop, 0x40, opEnd}

func (m *Module) code(seed uint64) []byte {
	var s []byte
	for _, f := range m.Imports {
		locals, instructions := standInFor(f.Name, m.Types[f.Type], seed)
		s = appendBody(s, locals, instructions)
	}
	for _, c := range m.Code {
		s = appendBody(s, c.Locals, c.Instructions)
	}
	return s
}

func appendBody(s, locals, instructions []byte) []byte {
	s = appendU32(s, uint32(len(locals)+len(check)+len(instructions)))
	return append(append(append(s, locals...), check...), instructions...)
}
