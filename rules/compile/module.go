package compile

import (
	"encoding/binary"
	"math"
)

// This file writes the WebAssembly binary format (specification 1.0, section 5): as much of it as generated modules use.

type valueType byte

const (
	i32 valueType = 0x7f
	i64 valueType = 0x7e
	f64 valueType = 0x7c
)

// The sections of a module, and the kinds of exports.
const (
	sectionType     = 1
	sectionFunction = 3
	sectionMemory   = 5
	sectionExport   = 7
	sectionCode     = 10
	sectionData     = 11

	exportFunction = 0
	exportMemory   = 2
)

const pageSize = 64 << 10

// binaryModule collects what a module is made of.
type binaryModule struct {
	types     []string // encoded, each once
	functions []function
	exports   []export
	data      []byte // constants, from dataBase on
	interned  map[string]uint32
}

type function struct {
	kind  int // index into types
	body  []byte
	once  uint64   // price of a call in which each loop makes one turn
	turns []uint64 // of another turn of each loop
}

type export struct {
	name  string
	kind  byte
	index int
}

// Where things lie in memory. Buffers begin at granules of the host's dirty mask (a 64th of the memory), so that an answer
// touches as few of them as can be.
const (
	inputBase  = 1 << 10
	outputBase = inputBase + 16<<10
	dataBase   = outputBase + 4<<10
)

func newModule() *binaryModule { return &binaryModule{interned: map[string]uint32{}} }

// declare reserves a function, so that others can call it before its code is there.
func (m *binaryModule) declare(params, results []valueType) (index int) {
	kind := vector(vector([]byte{0x60}, params), results)
	m.functions = append(m.functions, function{kind: m.typeIndex(string(kind))})
	return len(m.functions) - 1
}

func vector(b []byte, types []valueType) []byte {
	b = binary.AppendUvarint(b, uint64(len(types)))
	for _, t := range types {
		b = append(b, byte(t))
	}
	return b
}

func (m *binaryModule) typeIndex(kind string) int {
	for i, t := range m.types {
		if t == kind {
			return i
		}
	}
	m.types = append(m.types, kind)
	return len(m.types) - 1
}

// define gives a declared function its code.
func (m *binaryModule) define(index int, c *code) {
	f := &m.functions[index]
	f.body, f.once, f.turns = c.body(), c.total(), c.price.turns
}

func (m *binaryModule) exportFunction(name string, index int) {
	m.exports = append(m.exports, export{name, exportFunction, index})
}

// intern puts bytes into the constants, each once, and gives their address.
func (m *binaryModule) intern(s string) uint32 {
	if at, ok := m.interned[s]; ok {
		return at
	}
	at := dataBase + uint32(len(m.data))
	m.data = append(m.data, s...)
	m.interned[s] = at
	return at
}

// align makes the next constant begin at a multiple of eight.
func (m *binaryModule) align() {
	for len(m.data)%8 != 0 {
		m.data = append(m.data, 0)
	}
}

// encode writes the module.
func (m *binaryModule) encode() []byte {
	pages := (dataBase + len(m.data) + atOnce + pageSize - 1) / pageSize // loads may read a little beyond a constant
	b := []byte("\x00asm\x01\x00\x00\x00")
	b = section(b, sectionType, len(m.types), func(b []byte, i int) []byte { return append(b, m.types[i]...) })
	b = section(b, sectionFunction, len(m.functions), func(b []byte, i int) []byte {
		return binary.AppendUvarint(b, uint64(m.functions[i].kind))
	})
	b = section(b, sectionMemory, 1, func(b []byte, _ int) []byte {
		b = binary.AppendUvarint(append(b, 1), uint64(pages)) // as much and no more
		return binary.AppendUvarint(b, uint64(pages))
	})
	b = section(b, sectionExport, len(m.exports), func(b []byte, i int) []byte {
		e := m.exports[i]
		return binary.AppendUvarint(append(text(b, e.name), e.kind), uint64(e.index))
	})
	b = section(b, sectionCode, len(m.functions), func(b []byte, i int) []byte { return text(b, string(m.functions[i].body)) })
	if len(m.data) == 0 {
		return b
	}
	return section(b, sectionData, 1, func(b []byte, _ int) []byte {
		b = append(b, 0, 0x41) // memory 0, from a constant on
		return text(append(signed(b, dataBase), 0x0b), string(m.data))
	})
}

func section(b []byte, id byte, count int, item func([]byte, int) []byte) []byte {
	content := binary.AppendUvarint(nil, uint64(count))
	for i := range count {
		content = item(content, i)
	}
	return text(append(b, id), string(content))
}

// text appends a length and the bytes.
func text(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// signed appends signed LEB128.
func signed(b []byte, v int64) []byte {
	for {
		low := byte(v & 0x7f)
		v >>= 7
		if v == 0 && low&0x40 == 0 || v == -1 && low&0x40 != 0 {
			return append(b, low)
		}
		b = append(b, low|0x80)
	}
}

func doubleBits(v float64) []byte { return binary.LittleEndian.AppendUint64(nil, math.Float64bits(v)) }
