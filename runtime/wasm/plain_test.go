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
	out := &Module{Types: m.Types, Table: m.Table, Globals: m.Globals, Elements: m.Elements}
	for _, f := range m.Imports {
		locals, instructions := standInFor(f.Name, m.Types[f.Type], o.Seed)
		out.Functions = append(out.Functions, f.Type)
		out.Code = append(out.Code, checked(Body{Locals: locals, Instructions: instructions}))
	}
	out.Functions = append(out.Functions, m.Functions...)
	for _, c := range m.Code {
		out.Code = append(out.Code, checked(c))
	}
	if m.Memory != nil {
		out.Memory = &Bounds{Min: m.Memory.Min, Max: min(m.Memory.Max, m.Limits.Pages), HasMax: true}
	}
	for _, name := range o.Keep {
		if e, ok := m.Export(name); ok {
			out.Exports = append(out.Exports, e)
		}
	}
	for _, i := range m.MutableGlobals() {
		out.Exports = append(out.Exports, Export{GlobalName(i), GlobalExport, uint32(i)})
	}
	return Encode(out)
}

// checked puts an empty loop in front: loop, no value, end.
func checked(b Body) Body {
	b.Instructions = append([]byte{opLoop, 0x40, opEnd}, b.Instructions...)
	return b
}
