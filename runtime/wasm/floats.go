package wasm

// Floats: a NaN's bits differ between processors, so that where they can be seen they are made the ones of the canonical
// NaN. What is seen is a store, a reinterpretation and the sign that copysign takes; bits that were loaded, or made of
// integers, are what they are.

// canonical takes the float on top of the stack and gives its bits as an integer.
func (m *meter) canonical(o operand, double bool) []byte {
	if m.held(o) {
		return appendCanonical(nil, uint32(o.local), double)
	}
	t := F32
	if double {
		t = F64
	}
	s := m.scratch.of(t)
	return appendCanonical(appendU32([]byte{0x22}, s), s, double)
}

// appendCanonical takes a float that the local holds too. It selects among integers: wazero 1.12 loses the second
// operand of a select of floats when registers are scarce (wazero/wazero#2534).
func appendCanonical(b []byte, local uint32, double bool) []byte {
	equal := byte(0x5b)
	if double {
		b = appendSigned(append(b, 0xbd, 0x42), 0x7ff8<<48)
		equal = 0x61
	} else {
		b = appendSigned(append(b, 0xbc, 0x41), 0x7fc0<<16)
	}
	b = appendU32(append(b, 0x20), local)
	b = appendU32(append(b, 0x20), local)
	return append(b, equal, 0x1b)
}

// selectFloat selects among the bits, for the same reason.
func (m *meter) selectFloat(t ValueType) []byte {
	bits, float, integer := byte(0xbc), byte(0xbe), I32
	if t == F64 {
		bits, float, integer = 0xbd, 0xbf, I64
	}
	condition, second := m.scratch.address(), m.scratch.of(integer)
	b := appendU32([]byte{0x21}, condition)
	b = appendU32(append(b, bits, 0x21), second)
	b = appendU32(append(b, bits, 0x20), second)
	b = appendU32(append(b, 0x20), condition)
	return append(b, 0x1b, float)
}

// resultOf is the type of what an instruction between 0x28 and 0xc4 gives, select and memory access but for loads aside.
func resultOf(op byte) ValueType {
	for _, r := range [...]struct {
		last byte
		typ  ValueType
	}{
		{0x28, I32}, {0x29, I64}, {0x2a, F32}, {0x2b, F64}, {0x2f, I32}, {0x35, I64}, // loads
		{0x41, I32}, {0x42, I64}, {0x43, F32}, {0x44, F64}, // memory, constants
		{0x78, I32}, {0x8a, I64}, {0x98, F32}, {0xa6, F64}, // comparisons, arithmetic
		{0xab, I32}, {0xb1, I64}, {0xb6, F32}, {0xbb, F64}, {0xbc, I32}, {0xbd, I64}, {0xbe, F32}, {0xbf, F64}, // conversions
		{0xc1, I32}, {0xc4, I64},
	} {
		if op <= r.last {
			return r.typ
		}
	}
	panic("BUG: an opcode without a result")
}
