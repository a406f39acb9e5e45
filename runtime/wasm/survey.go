package wasm

import (
	"maps"
	"slices"
)

// code is one function of the module that is written, stand-ins included, and what a first look tells about it.
type code struct {
	index        uint32
	typ          FuncType
	locals       []byte // groups
	instructions []byte
	types        []ValueType // of parameters and locals

	ands     []bool            // locals that are set to what an and gives
	calls    map[uint32]uint64 // functions called directly, and how often
	indirect []uint32          // types called through the table, each once
	entered  bool              // from outside or through the table
	called   bool              // by the module itself, directly or through the table
	acyclic  bool              // no loop, no call, no bulk operation
	loops    bool              // has one
	cost     uint64            // of every instruction once, in quarters
	slots    uint64            // of the native stack, at most

	careful bool   // tests at every charge
	free    bool   // callers are charged, the function charges nothing
	counted uint64 // slots that the function takes from the height, 0 for none
}

// survey fills in what needs a look at every instruction. The estimate of slots is an upper bound: the compiler gives
// each value that it cannot keep in a register a slot of its own, so it counts values, not how many live at a time.
func (f *code) survey() {
	f.acyclic = true
	f.cost = entryPrice(f)
	f.slots = 8 + uint64(len(f.types))
	f.calls = map[uint32]uint64{}
	f.ands = make([]bool, len(f.types)+1)
	seenTypes := map[uint32]bool{}
	last := byte(0)
	m := newMerges(len(f.types))
	c := cursor{b: f.instructions}
	for c.more() {
		i := c.next()
		f.cost += price(i)
		before := last
		last = i.op
		switch shape[i.op] {
		case blockOp:
			m.open()
			if i.op == opLoop {
				f.acyclic, f.loops = false, true
				f.cost += priceLoop
			}
		case endOp:
			n := uint64(m.close())
			f.slots += n
			f.cost += n * mergePrice
		case callOp:
			f.acyclic = false
			f.slots += 4
			f.calls[i.a]++
		case indirectOp:
			f.acyclic = false
			f.slots += 4
			if !seenTypes[i.a] {
				seenTypes[i.a] = true
				f.indirect = append(f.indirect, i.a)
			}
		case localOp:
			if i.op != 0x20 {
				m.set(i.a)
				f.ands[i.a] = f.ands[i.a] || before == 0x71 || before == 0x83
			}
		case prefixOp:
			if i.sub >= 10 {
				f.acyclic = false
			}
			f.slots++
		case plain, memoryOp, globalOp, zeroOp:
			if i.op == 0x40 {
				f.acyclic = false
			}
			if _, pushes := effect(i.op); pushes > 0 || shape[i.op] == globalOp {
				f.slots++
			}
		}
	}
	f.free = f.acyclic && !f.entered && f.cost <= freeFunction
}

func entryPrice(f *code) uint64 { return priceEntry + uint64(len(f.types))*quarters/localsPerUnit }

// weigh makes a function's slots at least its cost: when deep calls return, what is left of each of their functions runs
// without a test, so it must not be more than what they hold. A function for which that would be too much tests at every
// charge instead. Callees that charge nothing cost their caller.
func (f *code) weigh(list []*code) {
	cost := f.cost
	for callee, n := range f.calls {
		if list[callee].free {
			cost += n * list[callee].cost
		}
	}
	if f.careful = units(cost) > careful; !f.careful {
		f.slots = max(f.slots, units(cost))
	}
}

// staticSlots is how much stack may gather below a function before one must count: more would make the estimate of
// deep but finite programs, such as Go's runtime, far too high.
const staticSlots = 1024

// count decides which functions must take their stack from the height: at least one on each cycle of calls, and so many
// that between two of them only so much gathers as each of them takes for what it calls.
func count(list []*code, table map[uint32][]uint32, static uint64) {
	const white, grey, black = 0, 1, 2
	state := make([]byte, len(list))
	back := make([]bool, len(list))
	depth := make([]uint64, len(list)) // slots that gather at the function and below, until the next that counts
	type visit struct {
		f        uint32
		next     int
		children []uint32
	}
	children := func(f *code) []uint32 {
		c := slices.Sorted(maps.Keys(f.calls))
		for _, t := range f.indirect {
			c = append(c[:len(c):len(c)], table[t]...)
		}
		return c
	}
	var stack []visit
	for root := range list {
		if state[root] != white {
			continue
		}
		state[root] = grey
		stack = append(stack, visit{uint32(root), 0, children(list[root])})
		for len(stack) > 0 {
			v := &stack[len(stack)-1]
			if v.next < len(v.children) {
				child := v.children[v.next]
				v.next++
				switch state[child] {
				case white:
					state[child] = grey
					stack = append(stack, visit{child, 0, children(list[child])})
				case grey:
					back[child] = true
				}
				continue
			}
			f := list[v.f]
			var below uint64
			for _, child := range v.children {
				if state[child] == black && list[child].counted == 0 {
					below = max(below, depth[child])
				}
			}
			depth[v.f] = f.slots + below
			if back[v.f] || depth[v.f] > static {
				f.counted, f.free = depth[v.f], false
			}
			state[v.f] = black
			stack = stack[:len(stack)-1]
		}
	}
}
