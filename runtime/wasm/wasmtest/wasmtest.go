// Package wasmtest writes WebAssembly binaries for tests, the malformed and hostile ones included: it checks nothing. It
// is no part of the program.
package wasmtest

import (
	"encoding/binary"
	"math"
)

// Value types, and kinds of imports and exports.
const (
	I32, I64, F32, F64               = byte(0x7f), byte(0x7e), byte(0x7d), byte(0x7c)
	KindFunc, KindTable              = byte(0), byte(1)
	KindMemory, KindGlobal           = byte(2), byte(3)
	Type, Imports, Functions, Table  = byte(1), byte(2), byte(3), byte(4)
	Memory, Globals, Exports, Start  = byte(5), byte(6), byte(7), byte(8)
	Elements, Code, Datas, DataCount = byte(9), byte(10), byte(11), byte(12)
)

// Module collects the elements of each section; a section is written when it has any.
type Module struct {
	sections [13][][]byte
	raw      map[byte][]byte
	tail     []byte
	funcs    uint32
}

// New gives an empty module.
func New() *Module { return &Module{raw: map[byte][]byte{}} }

// Cat joins pieces of code.
func Cat(parts ...[]byte) []byte {
	var b []byte
	for _, p := range parts {
		b = append(b, p...)
	}
	return b
}

// U32 is unsigned LEB128.
func U32(v uint32) []byte { return binary.AppendUvarint(nil, uint64(v)) }

// S64 is signed LEB128.
func S64(v int64) []byte {
	var b []byte
	for {
		low := byte(v & 0x7f)
		v >>= 7
		if v == 0 && low&0x40 == 0 || v == -1 && low&0x40 != 0 {
			return append(b, low)
		}
		b = append(b, low|0x80)
	}
}

// Name is a length and the bytes.
func Name(s string) []byte { return append(U32(uint32(len(s))), s...) }

// Op is a piece of code, byte by byte.
func Op(b ...byte) []byte { return b }

// With is an opcode with one unsigned immediate, such as call 3 or local.get 0.
func With(op byte, v uint32) []byte { return append([]byte{op}, U32(v)...) }

// ConstI32 pushes a constant.
func ConstI32(v int32) []byte { return append([]byte{0x41}, S64(int64(v))...) }

// ConstI64 pushes a constant.
func ConstI64(v int64) []byte { return append([]byte{0x42}, S64(v)...) }

// ConstF64 pushes a constant.
func ConstF64(v float64) []byte {
	return binary.LittleEndian.AppendUint64([]byte{0x44}, math.Float64bits(v))
}

// Repeat joins n copies.
func Repeat(n int, part []byte) []byte {
	b := make([]byte, 0, n*len(part))
	for range n {
		b = append(b, part...)
	}
	return b
}

// Add appends an element to a section and gives its place there.
func (m *Module) Add(section byte, parts ...[]byte) uint32 {
	m.sections[section] = append(m.sections[section], Cat(parts...))
	return uint32(len(m.sections[section]) - 1)
}

// Type adds a function type.
func (m *Module) Type(params, results []byte) uint32 {
	return m.Add(Type, []byte{0x60}, U32(uint32(len(params))), params, U32(uint32(len(results))), results)
}

// Import adds an imported function; all must come before the first Func.
func (m *Module) Import(module, name string, params, results []byte) uint32 {
	m.Add(Imports, Name(module), Name(name), []byte{KindFunc}, U32(m.Type(params, results)))
	m.funcs++
	return m.funcs - 1
}

// Func adds a function; locals is the raw vector of groups, nil for none; the final `end` is added.
func (m *Module) Func(params, results, locals []byte, code ...[]byte) uint32 {
	m.Add(Functions, U32(m.Type(params, results)))
	if locals == nil {
		locals = []byte{0}
	}
	body := Cat(locals, Cat(code...), []byte{0x0b})
	m.Add(Code, U32(uint32(len(body))), body)
	m.funcs++
	return m.funcs - 1
}

// Next is the index of the next Func, for a function that calls itself.
func (m *Module) Next() uint32 { return m.funcs }

// Export adds an export.
func (m *Module) Export(name string, kind byte, index uint32) {
	m.Add(Exports, Name(name), []byte{kind}, U32(index))
}

// Global adds a global with a constant, given as code.
func (m *Module) Global(t, mutable byte, constant []byte) uint32 {
	return m.Add(Globals, []byte{t, mutable}, constant, []byte{0x0b})
}

// Raw replaces a section's content.
func (m *Module) Raw(section byte, content []byte) { m.raw[section] = content }

// Tail appends bytes behind all sections.
func (m *Module) Tail(b ...byte) { m.tail = append(m.tail, b...) }

// Section is a whole section with its id and size.
func Section(id byte, content []byte) []byte {
	return Cat([]byte{id}, U32(uint32(len(content))), content)
}

// Custom is a whole custom section.
func Custom(name string, content []byte) []byte { return Section(0, append(Name(name), content...)) }

// Header begins every module.
const Header = "\x00asm\x01\x00\x00\x00"

// Bytes writes the module.
func (m *Module) Bytes() []byte {
	b := []byte(Header)
	for _, id := range []byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 10, 11} {
		content, replaced := m.raw[id]
		if list := m.sections[id]; !replaced && len(list) > 0 {
			content = append(U32(uint32(len(list))), Cat(list...)...)
			if id == Start || id == DataCount {
				content = list[0]
			}
		}
		if content != nil {
			b = append(b, Section(id, content)...)
		}
	}
	return append(b, m.tail...)
}
