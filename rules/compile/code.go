package compile

import "encoding/binary"

// This file writes the code of one function.

// Opcodes (specification 1.0, section 5.4).
const (
	opBlock, opLoop, opIf, opElse, opEnd = 0x02, 0x03, 0x04, 0x05, 0x0b
	opBr, opBrIf, opReturn, opCall       = 0x0c, 0x0d, 0x0f, 0x10
	opDrop, opSelect                     = 0x1a, 0x1b
	opLocalGet, opLocalSet, opLocalTee   = 0x20, 0x21, 0x22

	opI32Load, opI64Load, opF64Load = 0x28, 0x29, 0x2b
	opI32Load8U, opI64Load8U        = 0x2d, 0x31
	opI64Load16U, opI64Load32U      = 0x33, 0x35
	opI64Store                      = 0x37
	opF64Store                      = 0x39

	opI32Const, opI64Const, opF64Const = 0x41, 0x42, 0x44

	opI32Eqz, opI32Eq, opI32Ne      = 0x45, 0x46, 0x47
	opI32LtS, opI32LtU, opI32GtS    = 0x48, 0x49, 0x4a
	opI32GtU, opI32LeS              = 0x4b, 0x4c
	opI32GeS, opI32GeU              = 0x4e, 0x4f
	opI64Eqz, opI64Eq, opI64Ne      = 0x50, 0x51, 0x52
	opI64LtS, opI64LtU, opI64GtS    = 0x53, 0x54, 0x55
	opI64GtU, opI64LeS, opI64GeS    = 0x56, 0x57, 0x59
	opF64Eq, opF64Ne, opF64Lt       = 0x61, 0x62, 0x63
	opF64Gt, opF64Le, opF64Ge       = 0x64, 0x65, 0x66
	opI32Add, opI32Sub              = 0x6a, 0x6b
	opI32And, opI32Or, opI32Xor     = 0x71, 0x72, 0x73
	opI32Shl, opI32ShrU             = 0x74, 0x76
	opI64Add, opI64Sub, opI64Mul    = 0x7c, 0x7d, 0x7e
	opI64DivS, opI64RemS            = 0x7f, 0x81
	opI64And, opI64Or, opI64Xor     = 0x83, 0x84, 0x85
	opI64Ctz, opI64Popcnt           = 0x7a, 0x7b
	opI64Shl, opI64ShrS, opI64ShrU  = 0x86, 0x87, 0x88
	opF64Abs, opF64Neg              = 0x99, 0x9a
	opF64Add, opF64Sub              = 0xa0, 0xa1
	opF64Mul, opF64Div              = 0xa2, 0xa3
	opF64Min, opF64Max              = 0xa4, 0xa5
	opI32WrapI64                    = 0xa7
	opI64ExtendI32U, opI64TruncF64S = 0xad, 0xb0
	opF64ConvertI64S                = 0xb9
	blockEmpty                      = 0x40
)

// code is a function in the making. Locals are lent: mark and release give back those that an expression needed, so that
// the next one uses them again.
type code struct {
	b      []byte
	params int
	locals []valueType
	pools  map[valueType][]uint32
	used   map[valueType]int
	price  price
}

// label is a block that can be left: the depth at which it was opened.
type label int

func newCode(params int) *code {
	return &code{params: params, pools: map[valueType][]uint32{}, used: map[valueType]int{}}
}

func (c *code) op(ops ...byte) {
	c.b = append(c.b, ops...)
	for _, op := range ops {
		c.price.add(op)
	}
}

func (c *code) with(op byte, immediate uint32) {
	c.op(op)
	c.b = binary.AppendUvarint(c.b, uint64(immediate))
}

func (c *code) get(local uint32) { c.with(opLocalGet, local) }
func (c *code) set(local uint32) { c.with(opLocalSet, local) }
func (c *code) tee(local uint32) { c.with(opLocalTee, local) }
func (c *code) call(f int)       { c.with(opCall, uint32(f)) }

func (c *code) i32(v int32)   { c.b = signed(append(c.b, opI32Const), int64(v)) }
func (c *code) i64(v int64)   { c.b = signed(append(c.b, opI64Const), v) }
func (c *code) f64(v float64) { c.b = append(append(c.b, opF64Const), doubleBits(v)...) }

// memory appends a load or store with its offset; it promises no alignment.
func (c *code) memory(op byte, offset uint32) {
	c.op(op)
	c.b = binary.AppendUvarint(append(c.b, 0), uint64(offset))
}

// block opens a block, a loop or an if without a result.
func (c *code) block(op byte) label { return c.open(op, blockEmpty) }

// open opens one with a result, of which there is one at most.
func (c *code) open(op byte, result byte) label {
	c.op(op)
	c.b = append(c.b, result)
	c.price.open(op)
	return label(len(c.price.blocks))
}

func (c *code) end() {
	c.op(opEnd)
	c.price.end(c.params + len(c.locals))
}

func (c *code) br(l label)   { c.with(opBr, uint32(len(c.price.blocks)-int(l))) }
func (c *code) brIf(l label) { c.with(opBrIf, uint32(len(c.price.blocks)-int(l))) }

// local lends a local until the release of the mark before it.
func (c *code) local(t valueType) uint32 {
	n := c.used[t]
	c.used[t]++
	if n == len(c.pools[t]) {
		c.pools[t] = append(c.pools[t], uint32(c.params+len(c.locals)))
		c.locals = append(c.locals, t)
	}
	return c.pools[t][n]
}

type mark [3]int

func (c *code) mark() mark { return mark{c.used[i32], c.used[i64], c.used[f64]} }

func (c *code) release(m mark) { c.used[i32], c.used[i64], c.used[f64] = m[0], m[1], m[2] }

// body is the function as the code section has it.
func (c *code) body() []byte {
	var groups []byte
	count := 0
	for i := 0; i < len(c.locals); {
		n := i + 1
		for n < len(c.locals) && c.locals[n] == c.locals[i] {
			n++
		}
		groups = append(binary.AppendUvarint(groups, uint64(n-i)), byte(c.locals[i]))
		count++
		i = n
	}
	b := append(binary.AppendUvarint(nil, uint64(count)), groups...)
	return append(append(b, c.b...), opEnd)
}
