package wasm

// The price table. A unit is worth at most 1.5 ns on the machine it was measured on, whatever the instruction; what the
// compiler makes disappear (constants, local.get, the ends of blocks) is free, for each use of it is an instruction that
// is not. Changing a number changes PriceVersion.
const (
	priceEntry     = 4  // of a function: its frame, its checks
	priceLoop      = 2  // of each turn
	priceStore     = 4  // with its mark
	priceBulk      = 30 // memory.copy, memory.fill, whatever the length
	bulkShift      = 3  // and one unit for 8 bytes: memory that is in no cache
	localsPerUnit  = 4  // zeroing at the entry
	mergesPerUnit  = 2  // locals that differ where branches meet are moved on each of them
	freeFunction   = 96 // a function without calls and loops that costs less is charged by its callers
	smallSegment   = 8  // a part of a function that costs less is charged with what leads to it
	mergedSegments = 32 // but no more than so much with one
	largeSegment   = 1024
)

var prices = func() (p [256]uint64) {
	set := func(from, to int, price uint64) {
		for op := from; op <= to; op++ {
			p[op] = price
		}
	}
	set(0x04, 0x04, 1) // if
	set(0x0c, 0x0d, 1) // br, br_if
	set(0x0e, 0x0e, 4) // br_table
	set(0x0f, 0x0f, 1) // return
	set(0x10, 0x10, 4) // call
	set(0x11, 0x11, 8) // call_indirect
	set(0x1b, 0x1b, 2) // select
	set(0x21, 0x22, 1) // local.set, local.tee
	set(0x23, 0x24, 1) // global.get, global.set
	set(0x28, 0x35, 2) // loads
	set(0x36, 0x3e, priceStore)
	set(0x3f, 0x3f, 1)  // memory.size
	set(0x40, 0x40, 10) // memory.grow: no memory is touched
	set(0x45, 0xc4, 1)  // integers, comparisons
	set(0x67, 0x69, 3)  // clz, ctz, popcnt
	set(0x79, 0x7b, 3)  //
	set(0x6d, 0x70, 12) // division and remainder
	set(0x7f, 0x82, 16) //
	set(0x8d, 0x90, 2)  // ceil, floor, trunc, nearest
	set(0x91, 0x91, 10) // sqrt
	set(0x92, 0x94, 3)  // add, sub, mul
	set(0x95, 0x95, 8)  // div
	set(0x96, 0x98, 5)  // min, max, copysign
	set(0x9b, 0x9e, 2)  //
	set(0x9f, 0x9f, 14) // sqrt
	set(0xa0, 0xa2, 3)  //
	set(0xa3, 0xa3, 10) //
	set(0xa4, 0xa6, 5)  //
	set(0xa8, 0xab, 8)  // float to integer
	set(0xae, 0xb1, 8)  //
	set(0xb2, 0xbb, 4)  // integer to float, promote, demote
	set(0xb5, 0xb6, 6)  //
	set(0xbc, 0xbd, 4)  // reinterpret a float, with what makes a NaN canonical
	set(0xfc, 0xfc, 8)  // saturating conversions
	return p
}()

func price(i instruction) uint64 {
	if i.op == 0xfc && i.sub >= 10 {
		return priceBulk
	}
	return prices[i.op]
}
