package wasm

// Comparisons of order: wazero 1.12.0 takes 0 < (x & y) for (x & y) < 0 where a branch follows, and likewise the others, signed
// and unsigned. So where the left side may be the constant zero and the right one what an and gave, that one is hidden in an or.
// The compiler looks through locals, through globals between two calls, and through the ends of blocks, so both are guesses that
// are wrong on the safe side.

// isOrder tells whether an instruction is <, >, <= or >= of integers.
func isOrder(op byte) bool { return op >= 0x48 && op <= 0x4f || op >= 0x53 && op <= 0x5a }

// notAnd makes the integer on top of the stack one that no and gave.
func notAnd(order byte) []byte {
	if order <= 0x4f {
		return []byte{0x41, 0, 0x72}
	}
	return []byte{0x42, 0, 0x84}
}

// keeps notes what a local, or any global, is set to.
func (m *meter) keeps(local int, o operand) {
	if o.and && o.typ != F32 && o.typ != F64 && !m.ands[local] {
		m.ands[local], m.again = true, true
	}
}
