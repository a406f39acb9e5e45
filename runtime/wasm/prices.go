package wasm

// The price table. Prices are in quarters of a unit, and what is charged at once is rounded up to whole units. A unit is
// worth at most 1.5 ns on the machine it was measured on, whatever the instruction; what the compiler makes disappear
// (constants, local.get, the ends of blocks) is free, for each use of it is an instruction that is not. Changing a number
// changes PriceVersion.
const (
	quarters = 4 // of a unit

	priceEntry    = 16  // of a function: its frame, its checks
	priceLoop     = 4   // of each turn
	priceBulk     = 120 // memory.copy, memory.fill, whatever the length
	bulkShift     = 3   // and one unit for 8 bytes: memory that is in no cache
	localsPerUnit = 4   // zeroing at the entry; the same for what is moved where branches meet
	mergePrice    = 2   // locals that differ where branches meet are moved on each of them
	freeFunction  = 384 // a function without calls and loops that costs less is charged by its callers

	smallSegment   = 48  // a part of a function that costs less is charged with what leads to it
	mergedSegments = 200 // but no more than so much with one

	straightFunction = 4096 // a function without loops that only the host calls and that costs less is charged whole at its entry

	careful = 4096 // units: a function that may cost more tests at every charge
)

// prices in quarters, by opcode.
var prices = func() (p [256]uint64) {
	for _, r := range [...]struct {
		from, to int
		price    uint64
	}{
		{0x04, 0x04, 5},  // if
		{0x0c, 0x0c, 2},  // br
		{0x0d, 0x0d, 5},  // br_if
		{0x0e, 0x0e, 20}, // br_table: a jump that is hard to predict
		{0x0f, 0x0f, 2},  // return
		{0x10, 0x10, 10}, // call
		{0x11, 0x11, 24}, // call_indirect
		{0x1b, 0x1b, 4},  // select
		{0x21, 0x22, 1},  // local.set, local.tee
		{0x23, 0x23, 2},  // global.get
		{0x24, 0x24, 3},  // global.set
		{0x28, 0x35, 8},  // loads
		{0x36, 0x3e, 12}, // stores, with their marks
		{0x3f, 0x3f, 2},  // memory.size
		{0x40, 0x40, 30}, // memory.grow: no memory is touched
		{0x45, 0xc4, 2},  // integers, comparisons
		{0x67, 0x69, 4},  // clz, ctz, popcnt
		{0x79, 0x7b, 4},
		{0x6c, 0x6c, 4}, // mul
		{0x7e, 0x7e, 4},
		{0x6d, 0x70, 30}, // division and remainder
		{0x7f, 0x82, 44},
		{0x8b, 0x8c, 4},  // abs, neg
		{0x8d, 0x90, 10}, // ceil, floor, trunc, nearest
		{0x91, 0x91, 24}, // sqrt
		{0x92, 0x94, 6},  // add, sub, mul
		{0x95, 0x95, 18}, // div
		{0x96, 0x97, 14}, // min, max
		{0x98, 0x98, 14}, // copysign
		{0x99, 0x9a, 4},
		{0x9b, 0x9e, 10},
		{0x9f, 0x9f, 32}, // sqrt
		{0xa0, 0xa2, 6},
		{0xa3, 0xa3, 22},
		{0xa4, 0xa5, 14},
		{0xa6, 0xa6, 14},
		{0xa8, 0xab, 24}, // float to integer
		{0xae, 0xb1, 24},
		{0xb2, 0xbb, 10}, // integer to float, promote, demote
		{0xb5, 0xb5, 16},
		{0xba, 0xba, 16},
		{0xbc, 0xbd, 10}, // reinterpret a float, with what makes a NaN canonical
		{0xfc, 0xfc, 24}, // saturating conversions
	} {
		for op := r.from; op <= r.to; op++ {
			p[op] = r.price
		}
	}
	return p
}()

func price(i instruction) uint64 {
	if i.op == 0xfc && i.sub >= 10 {
		return priceBulk
	}
	return prices[i.op]
}

// units are whole units for a price in quarters.
func units(price uint64) uint64 { return (price + quarters - 1) / quarters }
