package wasm

import "encoding/binary"

// DecodeAny is Decode for modules that are no rules, such as the official test suite's: the opcodes stay as strict, the
// limits are wide, and functions of "spectest", which only print, do nothing.
func DecodeAny(binary []byte) (*Module, []Problem) {
	wide := Limits{
		Name: "test", Size: 8 << 20, Types: 4096, Params: 1024, Results: 1024, Functions: 1 << 16, Body: 1 << 20,
		Locals: 4096, Nesting: 4096, Blocks: 1 << 16, LoopLocals: 1 << 20, Branches: 1 << 16, AllBranches: 1 << 18,
		Globals: 4096, Table: 1 << 20, Pages: 1 << 16, Exports: 4096, Segments: 1 << 16, Customs: 1024, Work: 1 << 40,
	}
	return decode(binary, policy{small: wide, goGuest: wide, silent: func(f Import) bool { return f.Module == "spectest" }})
}

// Grows tells whether a module grows its memory.
func Grows(m *Module) bool {
	for _, b := range m.Code {
		for c := (cursor{b: b.Instructions}); c.more(); {
			if c.next().op == 0x40 {
				return true
			}
		}
	}
	return false
}

// Values are what the globals are at first.
func Values(m *Module) []uint64 {
	values := make([]uint64, len(m.Globals))
	for i, g := range m.Globals {
		switch c := (cursor{b: g.Init, p: 1}); g.Type {
		case I32, I64:
			values[i] = uint64(c.signed())
		case F32:
			values[i] = uint64(binary.LittleEndian.Uint32(g.Init[1:]))
		case F64:
			values[i] = binary.LittleEndian.Uint64(g.Init[1:])
		}
	}
	return values
}

// CountAll makes every function take its stack from the height, which otherwise only those do that may be many.
func CountAll(o Options) Options {
	o.countAll = true
	return o
}

// Short has marks made as in a Go guest.
func Short(o Options) Options {
	o.short = true
	return o
}
