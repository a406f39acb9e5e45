package wasm

import "slices"

func (d *decoder) code() {
	at := d.pos
	n := d.count(2)
	if n != len(d.m.Functions) {
		d.fail(at, "%d functions declared, %d bodies", len(d.m.Functions), n)
		return
	}
	d.m.Code = slices.Grow(d.m.Code, n)
	whole := d.end
	for i := 0; i < n && !d.bad; i++ {
		d.function = len(d.m.Imports) + i
		at := d.pos
		size := d.u32()
		start := d.pos
		d.take(size)
		if d.bad {
			return
		}
		if d.limit(at, uint64(size), uint64(d.limits.Body), "bytes in a function") {
			d.pos, d.end = start, start+int(size)
			d.body(d.m.Types[d.m.Functions[i]])
			if d.bad {
				return
			}
			d.end = whole
		}
		d.pos = start + int(size)
	}
	d.function = -1
}

// walker is what one function's instructions are held against.
type walker struct {
	*decoder
	locals    uint64
	nesting   []byte // opcode that opened each block; the function's own is 0
	blocks    int
	loops     int
	branches  int
	truncated bool // refused: the rest of the function cannot be read
}

// body reads one function, d.end being its end.
func (d *decoder) body(t FuncType) {
	at := d.pos
	w := walker{decoder: d, locals: uint64(len(t.Params))}
	groups := d.count(2)
	for i := 0; i < groups && !d.bad; i++ {
		w.locals += uint64(d.u32())
		d.valueType()
	}
	if d.bad {
		return
	}
	instructions := d.pos
	d.m.Code = append(d.m.Code, Body{Locals: d.data[at:instructions], Instructions: d.data[instructions:d.end]})
	// The groups' sum is what the compiler allocates; 35 bytes can announce four billion.
	if !d.limit(at, w.locals, uint64(d.limits.Locals), "locals in a function") {
		return
	}
	w.nesting = append(make([]byte, 0, 16), 0)
	for len(w.nesting) > 0 && !d.bad && !w.truncated {
		w.instruction()
	}
	if d.bad || w.truncated {
		return
	}
	if d.pos != d.end {
		d.fail(d.pos, "instructions behind the end of the function")
		return
	}
	d.limit(at, uint64(w.blocks), uint64(d.limits.Blocks), "blocks in a function")
	d.limit(at, uint64(w.branches), uint64(d.limits.AllBranches), "br_table entries in a function")
	d.limit(at, uint64(w.loops)*w.locals, uint64(d.limits.LoopLocals), "loops times locals in a function")
	d.work += work(w.blocks, w.loops, w.locals)
}

// open begins a block and reads its type.
func (w *walker) open(op byte) {
	at := w.pos - 1
	w.blocks++
	if op == opLoop {
		w.loops++
	}
	typeAt := w.pos
	switch t := w.signed(33); {
	case w.bad || t == -64: // no value
	case t >= 0:
		if t >= int64(len(w.m.Types)) {
			w.fail(typeAt, "no type %d", t)
		}
	case t >= -4: // one value of a number type
	case t == -5, t == -16, t == -17:
		w.refuse(typeAt, "build without SIMD and reference types", "block with a vector or a reference as its result")
	default:
		w.fail(typeAt, "unknown block type %d", t)
	}
	w.nesting = append(w.nesting, op)
	if len(w.nesting)-1 > w.limits.Nesting {
		w.limit(at, uint64(len(w.nesting)-1), uint64(w.limits.Nesting), "blocks within blocks")
		w.truncated = true
	}
}

// instruction reads one instruction and checks its immediates.
func (w *walker) instruction() {
	at := w.pos
	op := w.byte()
	if w.bad {
		return
	}
	switch shape[op] {
	case plain:
	case blockOp:
		w.open(op)
	case elseOp:
		if top := len(w.nesting) - 1; w.nesting[top] == opIf {
			w.nesting[top] = opElse
		} else {
			w.fail(at, "else without if")
		}
	case endOp:
		w.nesting = w.nesting[:len(w.nesting)-1]
	case labelOp:
		w.index(len(w.nesting), "label")
	case tableOp:
		n := w.count(1)
		w.branches += n + 1
		if !w.limit(at, uint64(n), uint64(w.limits.Branches), "entries in a br_table") {
			w.truncated = true
			return
		}
		for i := 0; i <= n && !w.bad; i++ {
			w.index(len(w.nesting), "label")
		}
	case callOp:
		w.index(len(w.m.Imports)+len(w.m.Functions), "function")
	case indirectOp:
		w.typeIndex()
		w.index(one(w.m.Table), "table")
	case localOp:
		w.index(int(w.locals), "local")
	case globalOp:
		w.index(len(w.m.Globals), "global")
	case memoryOp:
		w.u32() // alignment, for the validator
		w.u32() // offset
		w.needsMemory(at)
	case zeroOp:
		w.zero()
		w.needsMemory(at)
	case i32Op:
		w.signed(32)
	case i64Op:
		w.signed(64)
	case f32Op:
		w.take(4)
	case f64Op:
		w.take(8)
	case prefixOp:
		w.prefixed(at)
	default:
		w.refused(at, op)
	}
}

// prefixed reads an instruction behind 0xfc: saturating conversions, and copy and fill of memory.
func (w *walker) prefixed(at int) {
	switch op := w.u32(); {
	case w.bad || op <= 7:
	case op == 10:
		w.zero()
		w.zero()
		w.needsMemory(at)
	case op == 11:
		w.zero()
		w.needsMemory(at)
	case op == 8 || op == 9:
		w.stop(at, "memory.init or data.drop", "build without passive data segments (no shared memory)")
	case op <= 17:
		w.stop(at, "an instruction that changes a table", "build without reference types (Rust: --target wasm32v1-none; clang: -mcpu=mvp)")
	default:
		w.fail(at, "unknown opcode 0xfc %d", op)
	}
}

func (w *walker) index(space int, what string) {
	at := w.pos
	i := w.u32()
	if !w.bad && uint64(i) >= uint64(space) {
		w.fail(at, "no %s %d", what, i)
	}
}

// zero reads the byte that names the only memory.
func (w *walker) zero() {
	at := w.pos
	if b := w.byte(); !w.bad && b != 0 {
		w.fail(at, "a memory other than the only one")
	}
}

func (w *walker) needsMemory(at int) {
	if w.m.Memory == nil && !w.bad {
		w.fail(at, "an access to memory in a module that has none")
	}
}

// stop refuses an instruction and leaves the rest of the function unread.
func (w *walker) stop(at int, what, remedy string) {
	w.refuse(at, remedy, "%s", what)
	w.truncated = true
}
