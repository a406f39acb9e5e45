package wasm_test

import (
	"math"
	"math/rand/v2"

	w "github.com/lotse-edge/lotse/runtime/wasm/wasmtest"
)

// generator writes random valid modules that end: loops count down, recursion counts down, other calls go to functions that
// were written before. They load, store, copy and fill anywhere, inside the memory and at its end, change globals, branch
// over several blocks, call through the table, grow the memory, and make every kind of NaN.
type generator struct {
	*rand.Rand
	m         *w.Module
	functions []signature
	f         signature // being written
	locals    []byte    // types, of those that anything may set
	used      int       // of the counters that follow them
	bits      bool      // select among a float's bits instead of floats
	labels    []byte    // result of each open block, 0 for none
	exact     bool      // nothing shows the bits of a NaN that was computed, so that the plain module computes the same
	growing   bool
	tame      bool // nothing traps, and nothing lies beyond the first page
	budget    int
}

type signature struct{ params, results []byte }

var numbers = []byte{w.I32, w.I64, w.F32, w.F64}

func (g *generator) pick(list ...byte) byte { return list[g.IntN(len(list))] }

// generate writes a module with an exported "run" (i32, i64, f32, f64) -> (i32, i64).
func generate(r *rand.Rand, exact, growing bool) []byte {
	return (&generator{Rand: r, exact: exact, growing: growing}).module()
}

func (g *generator) module() []byte {
	r := g.Rand
	g.m, g.tame = w.New(), r.IntN(4) > 0
	// A guest may touch pages that it has not grown to, which the plain module cannot: a wild one has them all.
	most := 1 + byte(r.IntN(3))
	if g.tame {
		g.m.Add(w.Memory, []byte{1, 1, most})
	} else {
		g.m.Add(w.Memory, []byte{1, most, most})
	}
	g.m.Add(w.Table, []byte{0x70, 0, 6})
	g.m.Export("memory", w.KindMemory, 0)
	g.m.Add(w.Datas, []byte{0}, w.ConstI32(int32(r.IntN(60000))), []byte{0x0b, 4, 1, 2, 3, 4})
	for i, t := range numbers {
		g.m.Global(t, 1, g.constant(t))
		g.m.Export(string(rune('a'+i)), w.KindGlobal, uint32(i))
	}
	g.m.Global(w.I32, 0, g.constant(w.I32))
	// The table's functions come first and are small.
	for range 3 {
		g.function(signature{[]byte{w.I32}, []byte{w.I32}}, 3)
	}
	g.m.Add(w.Elements, []byte{0}, w.ConstI32(0), []byte{0x0b, 4, 0, 1, 2, 0})
	g.recursive()
	for range 1 + g.IntN(4) {
		var s signature
		for range g.IntN(4) {
			s.params = append(s.params, g.pick(numbers...))
		}
		for range g.IntN(3) {
			s.results = append(s.results, g.pick(numbers...))
		}
		g.function(s, 6)
	}
	run := g.function(signature{numbers, []byte{w.I32, w.I64}}, 12)
	g.m.Export("run", w.KindFunc, run)
	return g.m.Bytes()
}

// Behind the locals that anything may set lie six that count loops, three for what a select takes, and two floats that
// are made clean.
const loopCounters = 6

var hidden = w.Op(loopCounters, w.I32, 1, w.I32, 1, w.I32, 1, w.I64, 1, w.F32, 1, w.F64)

func (g *generator) begin(s signature) (groups []byte) {
	g.f = s
	g.locals = append([]byte(nil), s.params...)
	n := 1 + g.IntN(5)
	for range n {
		t := g.pick(numbers...)
		g.locals = append(g.locals, t)
		groups = append(groups, 1, t)
	}
	g.used, g.labels, g.budget = 0, g.labels[:0], 60
	return w.Cat(w.U32(uint32(n+6)), groups, hidden)
}

func (g *generator) end(groups []byte, code ...[]byte) uint32 {
	i := g.m.Func(g.f.params, g.f.results, groups, code...)
	g.functions = append(g.functions, g.f)
	return i
}

func (g *generator) function(s signature, size int) uint32 {
	groups := g.begin(s)
	var code []byte
	for range size {
		code = append(code, g.statement(3)...)
	}
	for _, t := range s.results {
		code = append(code, g.value(t, 2)...)
	}
	return g.end(groups, code)
}

// recursive writes a function that calls itself, at most eight deep.
func (g *generator) recursive() {
	groups := g.begin(signature{[]byte{w.I32}, []byte{w.I32}})
	depth := g.counter()
	code := w.Cat(w.Op(0x20, 0), w.ConstI32(7), w.Op(0x71), w.With(0x21, depth), g.statement(2), g.statement(2),
		w.With(0x20, depth), w.Op(0x04, w.I32),
		w.With(0x20, depth), w.ConstI32(1), w.Op(0x6b), w.With(0x10, g.m.Next()), g.value(w.I32, 1), w.Op(0x6a, 0x05),
		g.value(w.I32, 2), w.Op(0x0b))
	g.end(groups, code)
}

func (g *generator) counter() uint32 {
	g.used++
	return uint32(len(g.locals) + g.used - 1)
}

// choose selects; with bits it does so without a select of floats.
func (g *generator) choose(t byte) []byte {
	if !g.bits || t == w.I32 || t == w.I64 {
		return w.Op(0x1b)
	}
	to, from, condition := byte(0xbc), byte(0xbe), uint32(len(g.locals)+loopCounters)
	second := condition + 1
	if t == w.F64 {
		to, from, second = 0xbd, 0xbf, second+1
	}
	return w.Cat(w.With(0x21, condition), w.Op(to), w.With(0x21, second), w.Op(to), w.With(0x20, second),
		w.With(0x20, condition), w.Op(0x1b, from))
}

func (g *generator) constant(t byte) []byte {
	switch t {
	case w.I32:
		return w.ConstI32(int32(g.number()))
	case w.I64:
		return w.ConstI64(int64(g.number()))
	case w.F32:
		v := []float32{0, 1, -1.5, 1e30, float32(math.Inf(1)), float32(math.NaN()), 3}[g.IntN(7)]
		b := math.Float32bits(v)
		return w.Op(0x43, byte(b), byte(b>>8), byte(b>>16), byte(b>>24))
	default:
		return w.ConstF64([]float64{0, 1, -1.5, 1e300, math.Inf(-1), math.NaN(), 3}[g.IntN(7)])
	}
}

func (g *generator) number() uint64 {
	switch g.IntN(4) {
	case 0:
		return uint64(g.IntN(8))
	case 1:
		return uint64(g.IntN(65536))
	case 2:
		return uint64(1) << g.IntN(64)
	}
	return g.Uint64()
}

// wild is 1 where something may trap.
func (g *generator) wild() int {
	if g.tame {
		return 0
	}
	return 1
}

// local gives an index of a local of that type, or -1.
func (g *generator) local(t byte) int {
	var list []int
	for i, l := range g.locals {
		if l == t {
			list = append(list, i)
		}
	}
	if len(list) == 0 {
		return -1
	}
	return list[g.IntN(len(list))]
}

// address pushes an i32 that mostly lies inside the memory.
func (g *generator) address() []byte {
	if g.tame {
		if l := g.local(w.I32); l >= 0 && g.IntN(2) == 0 {
			if g.IntN(3) == 0 {
				return w.Cat(w.With(0x20, uint32(l)), w.ConstI32(0x7fff), w.Op(0x71))
			}
			return w.Cat(w.With(0x20, uint32(l)), w.ConstI32(0x7fff), w.Op(0x71), w.With(0x22, uint32(l)))
		}
		return w.Cat(g.value(w.I32, 1), w.ConstI32(0x7fff), w.Op(0x71))
	}
	switch g.IntN(8) {
	case 0:
		return w.ConstI32(int32(g.IntN(65536)))
	case 1:
		return w.ConstI32(int32(65520 + g.IntN(24)))
	case 2, 3, 4:
		if l := g.local(w.I32); l >= 0 {
			code := w.With(0x20, uint32(l))
			if g.IntN(4) > 0 { // keep it inside, and keep it
				code = w.Cat(code, w.ConstI32(0xffff), w.Op(0x71), w.With(0x22, uint32(l)))
			}
			if g.IntN(3) == 0 {
				code = w.Cat(code, w.ConstI32(int32(g.IntN(64))), w.Op(g.pick(0x6a, 0x6b)))
			}
			return code
		}
	}
	return w.Cat(g.value(w.I32, 1), w.ConstI32(0xffff), w.Op(0x71))
}

func (g *generator) offset() []byte {
	if g.tame {
		return w.U32(uint32(g.IntN(1 << g.IntN(15))))
	}
	switch g.IntN(10) {
	case 0:
		return w.U32(uint32(g.IntN(70000)))
	case 1:
		return w.U32(uint32(g.Uint64()))
	case 2, 3:
		return w.U32(uint32(240 + g.IntN(40)))
	}
	return w.U32(uint32(g.IntN(32)))
}

// clean puts a number in the place of a NaN on the stack, in modules that must compute the same without the instrumenter.
func (g *generator) clean(t byte, code []byte) []byte {
	if !g.exact || t == w.I32 || t == w.I64 {
		return code
	}
	l := w.U32(uint32(len(g.locals) + loopCounters + 3))
	equal, number := byte(0x5b), w.Op(0x43, 0, 0, 0, 0x40)
	if t == w.F64 {
		l = w.U32(uint32(len(g.locals) + loopCounters + 4))
		equal, number = 0x61, w.ConstF64(2)
	}
	return w.Cat(code, w.Op(0x22), l, number, w.Op(0x20), l, w.Op(0x20), l, w.Op(equal), g.choose(t))
}

var (
	loads  = map[byte][]byte{w.I32: {0x28, 0x2c, 0x2d, 0x2e, 0x2f}, w.I64: {0x29, 0x30, 0x31, 0x32, 0x33, 0x34, 0x35}, w.F32: {0x2a}, w.F64: {0x2b}}
	stores = map[byte][]byte{w.I32: {0x36, 0x3a, 0x3b}, w.I64: {0x37, 0x3c, 0x3d, 0x3e}, w.F32: {0x38}, w.F64: {0x39}}
)

// value pushes a value of a type.
func (g *generator) value(t byte, depth int) []byte {
	g.budget--
	if depth == 0 || g.budget < 0 {
		if l := g.local(t); l >= 0 && g.IntN(2) == 0 {
			return w.With(0x20, uint32(l))
		}
		return g.constant(t)
	}
	switch g.IntN(12) {
	case 0:
		return g.constant(t)
	case 1:
		for i, x := range numbers {
			if x == t {
				return w.With(0x23, uint32(i))
			}
		}
	case 2:
		return w.Cat(g.address(), w.Op(loads[t][g.IntN(len(loads[t]))], 0), g.offset())
	case 3:
		if l := g.local(t); l >= 0 {
			return w.Cat(g.value(t, depth-1), w.With(0x22, uint32(l)))
		}
	case 4:
		return w.Cat(g.value(t, depth-1), g.value(t, depth-1), g.value(w.I32, depth-1), g.choose(t))
	case 5: // if with a result
		code := w.Cat(g.value(w.I32, depth-1), w.Op(0x04, t))
		g.labels = append(g.labels, t)
		code = w.Cat(code, g.value(t, depth-1), w.Op(0x05), g.statement(depth-1), g.value(t, depth-1), w.Op(0x0b))
		g.labels = g.labels[:len(g.labels)-1]
		return code
	case 6: // block with a result, perhaps left early
		g.labels = append(g.labels, t)
		code := w.Cat(w.Op(0x02, t), g.statement(depth-1), g.value(t, depth-1))
		if g.IntN(2) == 0 {
			code = w.Cat(code, g.value(w.I32, 0), w.Op(0x0d, 0))
		}
		g.labels = g.labels[:len(g.labels)-1]
		return append(code, 0x0b)
	case 7:
		if t == w.I32 && len(g.functions) >= 3 { // those of the table do not, so that everything ends
			return w.Cat(g.value(w.I32, depth-1), w.ConstI32(int32(g.IntN(4+g.wild()))), w.Op(0x11, 0, 0))
		}
	case 8:
		if t == w.I32 {
			if g.growing && g.IntN(2) == 0 {
				return w.Cat(w.ConstI32(int32(g.IntN(3))), w.Op(0x40, 0))
			}
			return w.Op(0x3f, 0)
		}
	}
	return g.arithmetic(t, depth)
}

func (g *generator) arithmetic(t byte, depth int) []byte {
	v := func(t byte) []byte { return g.value(t, depth-1) }
	op := func(from, to int) byte { return byte(from + g.IntN(to-from+1)) }
	switch t {
	case w.I32:
		switch g.IntN(8) {
		case 0:
			return w.Cat(v(w.I64), v(w.I64), w.Op(op(0x51, 0x5a)))
		case 1:
			return w.Cat(v(w.F64), v(w.F64), w.Op(op(0x61, 0x66)))
		case 2:
			return w.Cat(v(w.I32), w.Op(g.pick(0x45, 0x67, 0x68, 0x69, 0xc0, 0xc1)))
		case 3:
			return w.Cat(v(w.F64), w.Op(0xfc, op(2, 3)))
		case 4:
			return w.Cat(g.clean(w.F32, v(w.F32)), w.Op(0xbc))
		case 5:
			return w.Cat(v(w.I64), w.Op(0xa7))
		}
		if !g.tame && g.IntN(6) == 0 {
			return w.Cat(v(w.I32), v(w.I32), w.Op(op(0x6d, 0x70)))
		}
		return w.Cat(v(w.I32), v(w.I32), w.Op(op(0x46, 0x4f)), v(w.I32), w.Op(g.pick(0x6a, 0x6b, 0x6c, 0x71, 0x72, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78)))
	case w.I64:
		switch g.IntN(6) {
		case 0:
			return w.Cat(v(w.I32), w.Op(op(0xac, 0xad)))
		case 1:
			return w.Cat(g.clean(w.F64, v(w.F64)), w.Op(0xbd))
		case 2:
			return w.Cat(v(w.F32), w.Op(0xfc, op(4, 5)))
		}
		return w.Cat(v(w.I64), v(w.I64), w.Op(g.pick(0x7c, 0x7d, 0x7e, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a)))
	case w.F32:
		switch g.IntN(6) {
		case 0:
			return w.Cat(v(w.I64), w.Op(op(0xb4, 0xb5)))
		case 1:
			return w.Cat(v(w.F64), w.Op(0xb6))
		case 2:
			return w.Cat(v(w.I32), w.Op(0xbe))
		case 3:
			return w.Cat(v(w.F32), w.Op(op(0x8b, 0x91)))
		case 4:
			return w.Cat(v(w.F32), g.clean(w.F32, v(w.F32)), w.Op(0x98))
		}
		return w.Cat(v(w.F32), v(w.F32), w.Op(op(0x92, 0x97)))
	default:
		switch g.IntN(6) {
		case 0:
			return w.Cat(v(w.I32), w.Op(op(0xb7, 0xb8)))
		case 1:
			return w.Cat(v(w.F32), w.Op(0xbb))
		case 2:
			return w.Cat(v(w.I64), w.Op(0xbf))
		case 3:
			return w.Cat(v(w.F64), w.Op(op(0x99, 0x9f)))
		case 4:
			return w.Cat(v(w.F64), g.clean(w.F64, v(w.F64)), w.Op(0xa6))
		}
		return w.Cat(v(w.F64), v(w.F64), w.Op(op(0xa0, 0xa5)))
	}
}

// branch gives a label without a result, or -1.
func (g *generator) branch() int {
	var list []int
	for i := range g.labels {
		if g.labels[len(g.labels)-1-i] == 0 {
			list = append(list, i)
		}
	}
	if len(list) == 0 {
		return -1
	}
	return list[g.IntN(len(list))]
}

// statement leaves nothing on the stack.
func (g *generator) statement(depth int) []byte {
	g.budget--
	if depth == 0 || g.budget < 0 {
		return w.Op(0x01)
	}
	block := func(op byte) []byte {
		g.labels = append(g.labels, 0)
		code := w.Op(op, 0x40)
		for range 1 + g.IntN(3) {
			code = append(code, g.statement(depth-1)...)
		}
		g.labels = g.labels[:len(g.labels)-1]
		return code
	}
	switch g.IntN(14) {
	case 0, 1, 2:
		t := g.pick(numbers...)
		return w.Cat(g.address(), g.clean(t, g.value(t, depth-1)), w.Op(stores[t][g.IntN(len(stores[t]))], 0), g.offset())
	case 3: // several through one base
		l := g.local(w.I32)
		if l < 0 {
			return w.Op(0x01)
		}
		code := w.Cat(g.address(), w.ConstI32(int32(0x1000*(1-g.wild()))), w.Op(0x72), w.With(0x21, uint32(l)))
		for range 2 + g.IntN(3) {
			if g.IntN(2) == 0 { // as a stack's pointer goes
				code = w.Cat(code, w.With(0x20, uint32(l)), w.ConstI32(int32(g.IntN(300))), w.Op(g.pick(0x6a, 0x6b)), w.With(0x21, uint32(l)))
			}
			t := g.pick(w.I32, w.I64)
			code = w.Cat(code, w.With(0x20, uint32(l)), g.value(t, g.wild()), w.Op(stores[t][g.IntN(len(stores[t]))], 0), g.offset())
		}
		return code
	case 4:
		t := g.pick(numbers...)
		if l := g.local(t); l >= 0 {
			return w.Cat(g.value(t, depth-1), w.With(0x21, uint32(l)))
		}
	case 5:
		i := g.IntN(4)
		return w.Cat(g.value(numbers[i], depth-1), w.With(0x24, uint32(i)))
	case 6:
		return append(block(0x02), 0x0b)
	case 7:
		code := w.Cat(g.value(w.I32, depth-1), block(0x04))
		if g.IntN(2) == 0 {
			return append(w.Cat(code, w.Op(0x05), block(0x02)), 0x0b, 0x0b)
		}
		return append(code, 0x0b)
	case 8: // a loop that counts down
		if g.used == loopCounters {
			return w.Op(0x01)
		}
		c := g.counter()
		g.labels = append(g.labels, 1) // branched to only by its own end
		body := g.statement(depth - 1)
		body = append(body, g.statement(depth-1)...)
		g.labels = g.labels[:len(g.labels)-1]
		return w.Cat(w.ConstI32(int32(1+g.IntN(6))), w.With(0x21, c), w.Op(0x03, 0x40), body,
			w.With(0x20, c), w.ConstI32(1), w.Op(0x6b), w.With(0x22, c), w.Op(0x0d, 0, 0x0b))
	case 9:
		if l := g.branch(); l >= 0 {
			if g.IntN(4) == 0 {
				return w.Cat(w.With(0x0c, uint32(l)))
			}
			return w.Cat(g.value(w.I32, depth-1), w.With(0x0d, uint32(l)))
		}
	case 10:
		if l, k := g.branch(), g.branch(); l >= 0 {
			return w.Cat(g.value(w.I32, depth-1), w.Op(0x0e, 2), w.U32(uint32(l)), w.U32(uint32(k)), w.U32(uint32(l)))
		}
	case 11:
		if len(g.functions) == 0 {
			return w.Op(0x01)
		}
		i := g.IntN(len(g.functions))
		var code []byte
		for _, t := range g.functions[i].params {
			code = append(code, g.value(t, depth-1)...)
		}
		code = append(code, w.With(0x10, uint32(i))...)
		return append(code, w.Repeat(len(g.functions[i].results), w.Op(0x1a))...)
	case 12: // copy or fill
		length := w.ConstI32(int32(g.IntN(1 << g.IntN(15+2*g.wild()))))
		if g.IntN(2) == 0 {
			return w.Cat(g.address(), g.address(), length, w.Op(0xfc, 10, 0, 0))
		}
		return w.Cat(g.address(), g.value(w.I32, 0), length, w.Op(0xfc, 11, 0))
	case 13:
		if g.IntN(6) == 0 && len(g.f.results) == 0 {
			return w.Cat(g.value(w.I32, depth-1), w.Op(0x04, 0x40, 0x0f, 0x0b))
		}
		if g.IntN(12) == 0 && !g.tame {
			return w.Cat(g.value(w.I32, depth-1), w.Op(0x45, 0x04, 0x40, 0x00, 0x0b)) // unreachable
		}
	}
	return w.Op(0x01)
}
