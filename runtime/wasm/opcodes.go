package wasm

// The allow-list. An opcode that is not here is refused, so a proposal that the compiler learns with an update does not
// come in by itself.

const (
	opLoop byte = 0x03
	opIf   byte = 0x04
	opElse byte = 0x05
	opEnd  byte = 0x0b
)

// form is what follows an opcode.
type form byte

const (
	unknown form = iota
	plain
	blockOp
	elseOp
	endOp
	labelOp
	tableOp
	callOp
	indirectOp
	localOp
	globalOp
	memoryOp
	zeroOp
	i32Op
	i64Op
	f32Op
	f64Op
	prefixOp
)

var shape = shapes()

func shapes() (s [256]form) {
	set := func(from, to int, f form) {
		for op := from; op <= to; op++ {
			s[op] = f
		}
	}
	set(0x00, 0x01, plain)   // unreachable, nop
	set(0x02, 0x04, blockOp) // block, loop, if
	set(0x05, 0x05, elseOp)
	set(0x0b, 0x0b, endOp)
	set(0x0c, 0x0d, labelOp) // br, br_if
	set(0x0e, 0x0e, tableOp)
	set(0x0f, 0x0f, plain) // return
	set(0x10, 0x10, callOp)
	set(0x11, 0x11, indirectOp)
	set(0x1a, 0x1b, plain)    // drop, select
	set(0x20, 0x22, localOp)  // local.get, set, tee
	set(0x23, 0x24, globalOp) // global.get, set
	set(0x28, 0x3e, memoryOp) // loads and stores
	set(0x3f, 0x40, zeroOp)   // memory.size, memory.grow
	set(0x41, 0x41, i32Op)
	set(0x42, 0x42, i64Op)
	set(0x43, 0x43, f32Op)
	set(0x44, 0x44, f64Op)
	set(0x45, 0xbf, plain) // arithmetic, comparisons, conversions
	set(0xc0, 0xc4, plain) // sign extension
	set(0xfc, 0xfc, prefixOp)
	return s
}

// refused names the proposal that an opcode belongs to.
func (w *walker) refused(at int, op byte) {
	switch {
	case op == 0xfd:
		w.stop(at, "vector instruction (SIMD)", "build without SIMD (Rust: -C target-feature=-simd128; clang: -mno-simd128)")
	case op == 0xfe:
		w.stop(at, "atomic instruction (threads)", "build without threads and shared memory")
	case op == 0x12 || op == 0x13:
		w.stop(at, "tail call", "build without tail calls (clang: -mno-tail-call)")
	case op == 0x06 || op == 0x07 || op == 0x08 || op == 0x09 || op == 0x0a || op == 0x18 || op == 0x19 || op == 0x1f:
		w.stop(at, "exception handling", "build without exceptions (clang: -fno-exceptions; Rust: panic = \"abort\")")
	case op == 0x1c || op == 0x25 || op == 0x26 || op == 0xd0 || op == 0xd1 || op == 0xd2:
		w.stop(at, "reference types or table access", "build without reference types (Rust: --target wasm32v1-none; clang: -mcpu=mvp)")
	case op == 0xfb || op == 0x14 || op == 0x15 || op >= 0xd3 && op <= 0xd6:
		w.stop(at, "garbage collection or typed references", "build without these proposals")
	default:
		w.fail(at, "unknown opcode %#x", op)
	}
}
