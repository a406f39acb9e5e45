package wasm

import "encoding/binary"

// The few pieces of the binary format that the instrumenter writes. Numbers are written in their shortest form.

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

// appendSection writes a section of n elements, or nothing when there are none.
func appendSection(b []byte, id byte, n int, elements []byte) []byte {
	if n == 0 {
		return b
	}
	count := appendU32(nil, uint32(n))
	b = appendU32(append(b, id), uint32(len(count)+len(elements)))
	return append(append(b, count...), elements...)
}
