package wasmtest

import (
	"encoding/binary"
	"strings"
)

// operation is an instruction's opcode and what follows it: one letter for each immediate. l label, f function, v local,
// g global, n number, m alignment and offset, 0 a zero byte, b block type, i the type of an indirect call, t the labels of
// a br_table, h a kind of reference, and 3, 6, F, D the four kinds of constants.
type operation struct {
	code  []byte
	form  string
	align byte // the natural one, as a power of two
}

var operations = listOperations()

func listOperations() map[string]operation {
	list := map[string]operation{}
	one := func(code, form, name string) { list[name] = operation{code: []byte(code), form: form} }
	run := func(code byte, form, names string) {
		for _, name := range strings.Fields(names) {
			list[name] = operation{code: []byte{code}, form: form}
			code++
		}
	}
	run(0x00, "", "unreachable nop")
	run(0x02, "b", "block loop if")
	run(0x0c, "l", "br br_if")
	run(0x0e, "t", "br_table")
	run(0x0f, "", "return")
	run(0x10, "f", "call")
	run(0x11, "i", "call_indirect")
	run(0x12, "f", "return_call")
	run(0x1a, "", "drop select")
	run(0x20, "v", "local.get local.set local.tee")
	run(0x23, "g", "global.get global.set")
	run(0x25, "n", "table.get table.set")
	run(0x28, "m", `i32.load i64.load f32.load f64.load i32.load8_s i32.load8_u i32.load16_s i32.load16_u i64.load8_s
		i64.load8_u i64.load16_s i64.load16_u i64.load32_s i64.load32_u i32.store i64.store f32.store f64.store i32.store8
		i32.store16 i64.store8 i64.store16 i64.store32`)
	run(0x3f, "0", "memory.size memory.grow")
	run(0x41, "3", "i32.const")
	run(0x42, "6", "i64.const")
	run(0x43, "F", "f32.const")
	run(0x44, "D", "f64.const")
	run(0x45, "", `i32.eqz i32.eq i32.ne i32.lt_s i32.lt_u i32.gt_s i32.gt_u i32.le_s i32.le_u i32.ge_s i32.ge_u
		i64.eqz i64.eq i64.ne i64.lt_s i64.lt_u i64.gt_s i64.gt_u i64.le_s i64.le_u i64.ge_s i64.ge_u
		f32.eq f32.ne f32.lt f32.gt f32.le f32.ge f64.eq f64.ne f64.lt f64.gt f64.le f64.ge
		i32.clz i32.ctz i32.popcnt i32.add i32.sub i32.mul i32.div_s i32.div_u i32.rem_s i32.rem_u i32.and i32.or i32.xor
		i32.shl i32.shr_s i32.shr_u i32.rotl i32.rotr
		i64.clz i64.ctz i64.popcnt i64.add i64.sub i64.mul i64.div_s i64.div_u i64.rem_s i64.rem_u i64.and i64.or i64.xor
		i64.shl i64.shr_s i64.shr_u i64.rotl i64.rotr
		f32.abs f32.neg f32.ceil f32.floor f32.trunc f32.nearest f32.sqrt f32.add f32.sub f32.mul f32.div f32.min f32.max
		f32.copysign
		f64.abs f64.neg f64.ceil f64.floor f64.trunc f64.nearest f64.sqrt f64.add f64.sub f64.mul f64.div f64.min f64.max
		f64.copysign
		i32.wrap_i64 i32.trunc_f32_s i32.trunc_f32_u i32.trunc_f64_s i32.trunc_f64_u i64.extend_i32_s i64.extend_i32_u
		i64.trunc_f32_s i64.trunc_f32_u i64.trunc_f64_s i64.trunc_f64_u f32.convert_i32_s f32.convert_i32_u
		f32.convert_i64_s f32.convert_i64_u f32.demote_f64 f64.convert_i32_s f64.convert_i32_u f64.convert_i64_s
		f64.convert_i64_u f64.promote_f32 i32.reinterpret_f32 i64.reinterpret_f64 f32.reinterpret_i32 f64.reinterpret_i64
		i32.extend8_s i32.extend16_s i64.extend8_s i64.extend16_s i64.extend32_s`)
	run(0xd0, "h", "ref.null")
	run(0xd1, "", "ref.is_null")
	run(0xd2, "f", "ref.func")
	for i, name := range strings.Fields(`i32.trunc_sat_f32_s i32.trunc_sat_f32_u i32.trunc_sat_f64_s i32.trunc_sat_f64_u
		i64.trunc_sat_f32_s i64.trunc_sat_f32_u i64.trunc_sat_f64_s i64.trunc_sat_f64_u`) {
		one("\xfc"+string(rune(i)), "", name)
	}
	one("\xfc\x08", "n0", "memory.init")
	one("\xfc\x09", "n", "data.drop")
	one("\xfc\x0a", "00", "memory.copy")
	one("\xfc\x0b", "0", "memory.fill")
	one("\xfc\x0c", "n0", "table.init")
	one("\xfc\x0d", "n", "elem.drop")
	one("\xfc\x0e", "00", "table.copy")
	one("\xfc\x0f", "0", "table.grow")
	one("\xfc\x10", "0", "table.size")
	one("\xfc\x11", "0", "table.fill")
	for name, o := range list {
		if o.form == "m" {
			_, access, _ := strings.Cut(name, ".")
			switch {
			case strings.Contains(access, "8"):
				o.align = 0
			case strings.Contains(access, "16"):
				o.align = 1
			case strings.Contains(access, "32"), strings.Contains(name, "32."):
				o.align = 2
			default:
				o.align = 3
			}
			list[name] = o
		}
	}
	return list
}

// code writes the instructions of one function or constant expression.
type code struct {
	*assembler
	b      []byte
	locals map[string]uint32
	labels []string
	list   []node // what is still to be read
}

func (a *assembler) code(locals []string) *code {
	f := &code{assembler: a, locals: map[string]uint32{}}
	for i, name := range locals {
		if name != "" {
			f.locals[name] = uint32(i)
		}
	}
	return f
}

func (f *code) put(b ...byte) { f.b = append(f.b, b...) }

// all writes a list of instructions, plain and folded.
func (f *code) all(list []node) {
	outer := f.list
	for f.list = list; len(f.list) > 0; {
		n := f.list[0]
		f.list = f.list[1:]
		if n.isList {
			f.folded(n)
			continue
		}
		switch n.atom {
		case "end":
			f.put(0x0b)
			f.close()
			f.label()
		case "else":
			f.put(0x05)
			f.label()
		case "block", "loop", "if":
			f.open(n)
		default:
			f.put(f.operation(n)...)
		}
	}
	f.list = outer
}

// folded writes (op immediates operands), and what only looks like it.
func (f *code) folded(n node) {
	rest := n.list[1:]
	switch head := n.at(0); head.atom {
	case "raw":
		f.put(items(rest)...)
	case "repeat":
		for range rest[0].int() {
			f.all(rest[1:])
		}
	case "block", "loop":
		outer := f.list
		f.list = rest
		f.open(head)
		f.all(f.list)
		f.list = outer
		f.put(0x0b)
		f.close()
	case "if":
		outer := f.list
		f.list = rest
		label, t := f.blockType()
		for len(f.list) > 0 && !f.list[0].is("then") {
			f.all(f.list[:1])
			f.list = f.list[1:]
		}
		f.labels = append(f.labels, label)
		f.put(append([]byte{0x04}, t...)...)
		for _, arm := range f.list {
			if arm.is("else") {
				f.put(0x05)
			}
			f.all(arm.list[1:])
		}
		f.list = outer
		f.put(0x0b)
		f.close()
	default:
		outer := f.list
		f.list = rest
		op := f.operation(head)
		f.all(f.list)
		f.list = outer
		f.put(op...)
	}
}

// open begins a block.
func (f *code) open(n node) {
	label, t := f.blockType()
	f.labels = append(f.labels, label)
	f.put(operations[n.atom].code...)
	f.put(t...)
}

func (f *code) close() {
	if len(f.labels) > 0 { // there may be more ends than blocks: some tests are about that
		f.labels = f.labels[:len(f.labels)-1]
	}
}

// label takes a block's name.
func (f *code) label() (name string) {
	name, f.list = id0(f.list)
	return name
}

func (f *code) blockType() (label string, t []byte) {
	label = f.label()
	switch {
	case len(f.list) > 0 && f.list[0].is("result") && len(f.list[0].list) == 2:
		t = []byte{valueType(f.list[0].list[1])}
		f.list = f.list[1:]
	case len(f.list) > 0 && (f.list[0].is("result") || f.list[0].is("param") || f.list[0].is("type")):
		t = S64(int64(f.typeUse(&f.list)))
	default:
		t = []byte{0x40}
	}
	return label, t
}

// take gives the next atom.
func (f *code) take(n node) node {
	if len(f.list) == 0 || f.list[0].isList {
		n.fail("%s: something is missing", n.atom)
	}
	next := f.list[0]
	f.list = f.list[1:]
	return next
}

// operation reads an instruction's immediates.
func (f *code) operation(n node) []byte {
	op, ok := operations[n.atom]
	if !ok {
		n.fail("unknown instruction %q", n.atom)
	}
	b := append([]byte(nil), op.code...)
	for _, form := range op.form {
		switch form {
		case '0':
			b = append(b, 0)
		case 'h':
			b = append(b, map[string]byte{"func": 0x70, "extern": 0x6f}[f.take(n).atom])
		case 'n':
			b = append(b, U32(uint32(f.take(n).int()))...)
		case 'l':
			b = append(b, f.target(f.take(n))...)
		case 't':
			var labels []byte
			count := uint32(0)
			for len(f.list) > 0 && !f.list[0].isList && (f.list[0].isID() || f.list[0].atom[0] <= '9') || len(f.list) > 0 && f.list[0].is("repeat") {
				if r := f.list[0]; r.isList {
					labels = append(labels, Repeat(int(r.at(1).int()), f.target(r.at(2)))...)
					count += uint32(r.at(1).int())
				} else {
					labels = append(labels, f.target(r)...)
					count++
				}
				f.list = f.list[1:]
			}
			b = append(append(b, U32(count-1)...), labels...)
		case 'f':
			b = append(b, U32(f.index("func", f.take(n)))...)
		case 'g':
			b = append(b, U32(f.index("global", f.take(n)))...)
		case 'v':
			local := f.take(n)
			i, named := f.locals[local.atom]
			if !named {
				i = uint32(local.int())
			}
			b = append(b, U32(i)...)
		case 'i':
			if len(f.list) > 0 && f.list[0].isID() {
				f.list = f.list[1:] // the only table
			}
			b = append(append(b, U32(f.typeUse(&f.list))...), 0)
		case 'm':
			b = append(b, f.access(op.align)...)
		case '3', '6':
			v := f.take(n).int()
			if form == '3' {
				v = int64(int32(v))
			}
			b = append(b, S64(v)...)
		case 'F':
			b = binary.LittleEndian.AppendUint32(b, uint32(f.take(n).float(32)))
		case 'D':
			b = binary.LittleEndian.AppendUint64(b, f.take(n).float(64))
		}
	}
	return b
}

// access reads offset= and align=.
func (f *code) access(align byte) []byte {
	offset := uint32(0)
	for len(f.list) > 0 && !f.list[0].isList {
		if v, ok := strings.CutPrefix(f.list[0].atom, "offset="); ok {
			offset = uint32(node{atom: v}.int())
		} else if v, ok := strings.CutPrefix(f.list[0].atom, "align="); ok {
			for align = 0; 1<<align < (node{atom: v}).int(); align++ {
			}
		} else {
			break
		}
		f.list = f.list[1:]
	}
	return append([]byte{align}, U32(offset)...)
}

// target is a label's distance.
func (f *code) target(n node) []byte {
	if !n.isID() {
		return U32(uint32(n.int()))
	}
	for i := len(f.labels) - 1; i >= 0; i-- {
		if f.labels[i] == n.atom {
			return U32(uint32(len(f.labels) - 1 - i))
		}
	}
	n.fail("no label %s", n.atom)
	return nil
}
