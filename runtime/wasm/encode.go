package wasm

import "encoding/binary"

// Encode writes a module in the binary format: numbers in their shortest form, no custom sections. Of what Decode gives, it
// writes what Decode reads as the same module, and the same module gives the same bytes.
func Encode(m *Module) []byte {
	b := []byte("\x00asm\x01\x00\x00\x00")
	b = section(b, 1, m.Types, func(s []byte, t FuncType) []byte {
		return appendTypes(appendTypes(append(s, 0x60), t.Params), t.Results)
	})
	b = section(b, 2, m.Imports, func(s []byte, f Import) []byte {
		return appendU32(append(appendName(appendName(s, f.Module), f.Name), byte(FuncExport)), f.Type)
	})
	b = section(b, 3, m.Functions, appendU32)
	if m.Table != nil {
		b = section(b, 4, []Bounds{*m.Table}, func(s []byte, t Bounds) []byte { return appendBounds(append(s, 0x70), t) })
	}
	if m.Memory != nil {
		b = section(b, 5, []Bounds{*m.Memory}, appendBounds)
	}
	b = section(b, 6, m.Globals, func(s []byte, g Global) []byte {
		return append(append(s, byte(g.Type), flag(g.Mutable)), g.Init...)
	})
	b = section(b, 7, m.Exports, func(s []byte, e Export) []byte {
		return appendU32(append(appendName(s, e.Name), byte(e.Kind)), e.Index)
	})
	b = section(b, 9, m.Elements, func(s []byte, e Element) []byte {
		s = appendU32(appendOffset(s, e.Offset), uint32(len(e.Functions)))
		for _, f := range e.Functions {
			s = appendU32(s, f)
		}
		return s
	})
	b = section(b, 10, m.Code, func(s []byte, c Body) []byte {
		s = appendU32(s, uint32(len(c.Locals)+len(c.Instructions)))
		return append(append(s, c.Locals...), c.Instructions...)
	})
	return section(b, 11, m.Data, func(s []byte, d Data) []byte {
		return append(appendU32(appendOffset(s, d.Offset), uint32(len(d.Bytes))), d.Bytes...)
	})
}

// section appends a section with its elements, or nothing when there are none.
func section[E any](b []byte, id byte, list []E, element func([]byte, E) []byte) []byte {
	if len(list) == 0 {
		return b
	}
	content := appendU32(nil, uint32(len(list)))
	for _, e := range list {
		content = element(content, e)
	}
	b = appendU32(append(b, id), uint32(len(content)))
	return append(b, content...)
}

// appendOffset begins an active segment of the first table or memory.
func appendOffset(b []byte, offset uint32) []byte {
	return append(appendSigned(append(b, 0, 0x41), int64(int32(offset))), opEnd)
}

func appendU32(b []byte, v uint32) []byte {
	return binary.AppendUvarint(b, uint64(v)) // unsigned LEB128 is Go's uvarint
}

func appendSigned(b []byte, v int64) []byte {
	for {
		low := byte(v & 0x7f)
		v >>= 7
		if v == 0 && low&0x40 == 0 || v == -1 && low&0x40 != 0 {
			return append(b, low)
		}
		b = append(b, low|0x80)
	}
}

func appendName(b []byte, s string) []byte { return append(appendU32(b, uint32(len(s))), s...) }

func appendTypes(b []byte, list []ValueType) []byte {
	return append(appendU32(b, uint32(len(list))), asBytes(list)...)
}

func appendBounds(b []byte, l Bounds) []byte {
	if l.HasMax {
		return appendU32(appendU32(append(b, 1), l.Min), l.Max)
	}
	return appendU32(append(b, 0), l.Min)
}
