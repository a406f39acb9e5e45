package wasm

// frame is an open block of the function that is being rewritten.
type frame struct {
	op      byte
	entry   *segment // that leads to it
	header  *segment // of a loop
	base    int      // operands below it
	params  []ValueType
	results []ValueType
	dead    bool // nothing runs it
	target  bool // something branches to its end
	marks   []mark
}

// operand is what is known of a value on the stack.
type operand struct {
	value
	typ   ValueType
	exact bool // a float whose bits are the same on every machine
	and   bool // may be what an and gave
	zero  bool // may be the constant zero
	local int  // that held the same when it was pushed, or -1; an i64 for its lower half
	end   int  // behind the instruction that left it on top of the stack, or -1
}

// meter rewrites one function.
type meter struct {
	*writer
	f        *code
	segments segments
	merges   *merges
	edits    []edit
	frames   []frame
	stack    []operand
	values   []value // of the locals
	numbers  uint32
	marks    []mark
	dead     bool
	blurred  []bool // floats in locals whose bits may differ between machines
	ands     []bool // locals that may hold what an and gave; behind them one for all globals
	again    bool   // one of them was thought not to be so
	end      int    // of the instruction that is looked at
	scratch  scratch
}

// edit replaces the bytes [at, end) of a body; a charge is written when the whole function is known.
type edit struct {
	at, end int
	b       []byte
	charge  *segment
	marks   bool // calls the helper that marks the address on the stack, and charges what is charged
}

func (w *writer) meter(f *code) Body {
	blurred := make([]bool, len(f.types))
	for i := range f.typ.Params {
		blurred[i] = f.called
	}
	for {
		m := &meter{writer: w, f: f, merges: newMerges(len(f.types)), values: make([]value, len(f.types)), blurred: blurred, ands: f.ands}
		if m.run() {
			return Body{Locals: m.scratch.append(f.locals), Instructions: m.render()}
		}
	}
}

// run gives false if something was taken for exact that a later instruction has blurred, or for no and: then it must run again.
func (m *meter) run() bool {
	m.scratch.first = uint32(len(m.f.types))
	m.segments.enter(0, entryPrice(m.f))
	m.segments.all = !m.f.loops && !m.f.called && m.f.cost <= straightFunction
	m.frames = append(m.frames, frame{entry: m.segments.cur, results: m.f.typ.Results})
	for i := range m.values {
		m.values[i] = m.fresh()
	}
	m.charge()
	c := cursor{b: m.f.instructions}
	for c.more() {
		i := c.next()
		m.end = i.end
		m.instruction(i)
	}
	m.segments.settle()
	return !m.again
}

// charge makes room for the charge of the current segment.
func (m *meter) charge() {
	m.edits = append(m.edits, edit{at: m.segments.cur.at, end: m.segments.cur.at, charge: m.segments.cur})
}

func (m *meter) begin(at int, parent *segment) {
	m.segments.begin(at, parent)
	m.charge()
}

func (m *meter) insert(at int, b []byte) { m.edits = append(m.edits, edit{at: at, end: at, b: b}) }

func (m *meter) replace(i instruction, b []byte) {
	m.edits = append(m.edits, edit{at: i.at, end: i.end, b: b})
}

func (m *meter) top() *frame { return &m.frames[len(m.frames)-1] }

func (m *meter) pop() operand {
	if len(m.stack) <= m.top().base {
		return operand{value: m.fresh(), local: -1, end: -1} // behind a branch: whatever is asked for
	}
	o := m.stack[len(m.stack)-1]
	m.stack = m.stack[:len(m.stack)-1]
	return o
}

func (m *meter) popN(n int) {
	for range n {
		m.pop()
	}
}

func (m *meter) push(o operand) {
	o.end = m.end
	m.stack = append(m.stack, o)
}

// result pushes a value of which nothing is known.
func (m *meter) result(t ValueType, exact bool) {
	m.push(operand{value: m.fresh(), typ: t, exact: exact, local: -1})
}

// pushAll pushes what comes from elsewhere.
func (m *meter) pushAll(types ...ValueType) {
	for i, t := range types {
		m.push(operand{value: m.fresh(), typ: t, and: true, zero: true, local: -1})
		if i < len(types)-1 {
			m.stack[len(m.stack)-1].end = -1
		}
	}
}

// end of what runs until the innermost block ends.
func (m *meter) stop() {
	m.stack = m.stack[:m.top().base]
	m.dead = true
}

func (m *meter) branch(label uint32) {
	m.frames[len(m.frames)-1-int(label)].target = true
}

func (m *meter) instruction(i instruction) {
	if !m.dead {
		m.segments.cur.cost += price(i)
	}
	switch shape[i.op] {
	case blockOp:
		m.open(i)
		return
	case elseOp:
		m.otherwise(i)
		return
	case endOp:
		m.close(i)
		return
	}
	if m.dead {
		return
	}
	switch shape[i.op] {
	case labelOp:
		m.branch(i.a)
		if i.op == 0x0c {
			m.stop()
			return
		}
		m.pop()
		m.begin(i.end, m.segments.cur)
	case tableOp:
		for _, l := range i.labels {
			m.branch(l)
		}
		m.stop()
	case callOp:
		m.call(m.list[i.a].typ, m.list[i.a])
	case indirectOp:
		m.pop()
		m.call(m.m.Types[i.a], nil)
	case localOp:
		m.local(i)
	case globalOp:
		if i.op == 0x23 {
			m.pushAll(m.m.Globals[i.a].Type)
			m.stack[len(m.stack)-1].and = m.ands[len(m.f.types)]
		} else {
			m.keeps(len(m.f.types), m.pop())
		}
	case memoryOp:
		if isStore(i.op) {
			m.store(i)
		} else {
			m.pop()
			m.result(resultOf(i.op), true)
		}
	case zeroOp:
		if i.op == 0x40 {
			m.replace(i, call(m.helper(growHelper)))
			m.pop()
		} else {
			m.replace(i, appendU32([]byte{0x23}, m.pages))
		}
		m.pushAll(I32)
	case i32Op, i64Op:
		m.push(operand{value: value{delta: uint32(i.value)}, typ: resultOf(i.op), zero: i.value == 0, local: -1})
	case f32Op, f64Op:
		m.result(resultOf(i.op), true)
	case prefixOp:
		m.prefixed(i)
	case plain:
		m.plain(i)
	}
}

func (m *meter) prefixed(i instruction) {
	switch i.sub {
	case 10:
		m.replace(i, call(m.helper(copyHelper)))
		m.popN(3)
	case 11:
		m.replace(i, call(m.helper(fillHelper)))
		m.popN(3)
	default:
		m.pop()
		if i.sub < 4 {
			m.pushAll(I32)
		} else {
			m.pushAll(I64)
		}
	}
}

func (m *meter) call(t FuncType, callee *code) {
	m.segments.called()
	if callee != nil && callee.free {
		m.segments.cur.cost += callee.cost
	}
	m.popN(len(t.Params))
	m.pushAll(t.Results...)
	for i := range t.Results {
		m.stack[len(m.stack)-1-i].and = false
	}
}

func (m *meter) local(i instruction) {
	if i.op != 0x20 {
		o := m.pop()
		if t := m.f.types[i.a]; !o.exact && !m.blurred[i.a] && (t == F32 || t == F64) {
			m.blurred[i.a], m.again = true, true
		}
		m.keeps(int(i.a), o)
		m.merges.set(i.a)
		m.values[i.a] = o.value
	}
	if i.op != 0x21 {
		m.push(operand{value: m.values[i.a], typ: m.f.types[i.a], exact: !m.blurred[i.a], and: m.ands[i.a], zero: true, local: int(i.a)})
	}
}

// plain handles what neither branches nor touches memory.
func (m *meter) plain(i instruction) {
	switch op := i.op; {
	case op == 0x00:
		m.stop()
	case op == 0x0f:
		if m.f.counted > 0 {
			// Not out of the function, but to the place where it gives back what it took of the height.
			m.replace(i, appendU32([]byte{0x0c}, uint32(len(m.frames)-1)))
		}
		m.stop()
	case op == 0xbc || op == 0xbd: // reinterpret a float
		if o := m.pop(); !o.exact {
			m.replace(i, m.canonical(o, op == 0xbd))
		}
		m.pushAll(resultOf(op))
	case op == 0x98 || op == 0xa6: // copysign shows a NaN's sign
		sign, x := m.pop(), m.pop()
		if !sign.exact {
			m.insert(i.at, append(m.canonical(sign, op == 0xa6), 0xbe+flag(op == 0xa6)))
		}
		m.result(x.typ, x.exact)
	case op == 0xa7 || op == 0xac || op == 0xad: // from i64 to i32 and back
		o := m.pop()
		o.typ = resultOf(op)
		m.push(o)
	case op == 0x6a || op == 0x6b || op == 0x7c || op == 0x7d: // add, sub
		b, a := m.pop(), m.pop()
		m.push(operand{value: m.sum(a.value, b.value, op == 0x6b || op == 0x7d), typ: a.typ, local: -1})
	case op == 0x71 || op == 0x83: // and
		m.popN(2)
		m.push(operand{value: m.fresh(), typ: resultOf(op), and: true, local: -1})
	case isOrder(op):
		b, a := m.pop(), m.pop()
		if a.zero && b.and {
			m.insert(i.at, notAnd(op))
		}
		m.result(I32, false)
	case op == 0x1b:
		m.pop()
		b, a := m.pop(), m.pop()
		if a.typ == F32 || a.typ == F64 {
			m.replace(i, m.selectFloat(a.typ))
		}
		m.result(a.typ, a.exact && b.exact)
	case op == 0x8b || op == 0x8c || op == 0x99 || op == 0x9a: // abs, neg
		o := m.pop()
		m.result(o.typ, o.exact)
	default:
		pops, pushes := effect(op)
		m.popN(pops)
		if pushes > 0 {
			// Conversions of integers never give a NaN, and those of their bits give just these.
			whole := op >= 0xb2 && op <= 0xb5 || op >= 0xb7 && op <= 0xba || op >= 0xbe && op <= 0xbf
			m.result(resultOf(op), whole)
		}
	}
}
