package runtime_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// program writes a WebAssembly program of random instructions that always ends, in the text format. It is well typed, may
// trap, and shows what it computed in memory and globals. The payload of a NaN is not shown: it may differ by engine.
type program struct {
	rand   *rand.Rand
	out    strings.Builder
	loops  int // around the current place: they are entered at most ten times each
	blocks int // labels that can be branched to
	funcs  int // that exist already and may be called
}

var wasmTypes = []string{"i32", "i64", "f32", "f64"}

// newProgram gives the fields of a module: globals, a table, some functions, $main.
func newProgram(seed uint64) string {
	p := &program{rand: rand.New(rand.NewPCG(seed, 34))}
	p.line(`(include "frame.wat")`)
	for _, t := range wasmTypes {
		p.line("(global $%s (mut %s) (%s.const 3))", t, t, t)
	}
	p.line("(type $leaf (func (param i32 i64 f32 f64) (result i32)))")
	p.line("(table 4 funcref)")
	for ; p.funcs < 3; p.funcs++ {
		p.line("(func $f%d (type $leaf) (param $i32 i32) (param $i64 i64) (param $f32 f32) (param $f64 f64) (result i32) (locals 2 i32)", p.funcs)
		p.loops = 1 // they are called from loops
		for range 3 {
			p.statement(3)
		}
		p.line("%s)", p.value("i32", 3))
	}
	p.loops = 0
	p.line("(elem (i32.const 0) $f0 $f1 $f2)")
	p.line("(func $main (local $i32 i32) (local $i64 i64) (local $f32 f32) (local $f64 f64) (locals 2 i32)")
	for range 6 {
		p.statement(4)
	}
	p.line(")")
	return p.out.String()
}

func (p *program) line(format string, args ...any) { fmt.Fprintf(&p.out, format+"\n", args...) }

func (p *program) pick(list ...string) string { return list[p.rand.IntN(len(list))] }

// address of a piece of scratch memory, near the borders of granules; one in three hundred may be anywhere.
func (p *program) address(depth int) string {
	if p.rand.IntN(300) == 0 {
		return p.value("i32", depth)
	}
	return fmt.Sprintf("(i32.add (i32.const %d) (i32.and %s (i32.const %d)))", 40960+p.rand.IntN(16), p.value("i32", depth), p.rand.IntN(1016))
}

// statement writes instructions that leave nothing on the stack.
func (p *program) statement(depth int) {
	t := wasmTypes[p.rand.IntN(4)]
	choice := p.rand.IntN(14)
	if depth <= 0 {
		choice = p.rand.IntN(4)
	}
	switch choice {
	case 0, 1:
		p.line("(local.set $%s %s)", t, p.value(t, depth))
	case 2:
		p.line("(global.set $%s %s)", t, p.value(t, depth))
	case 3, 4, 5:
		op := t + ".store"
		if t == "i32" {
			op += p.pick("", "8", "16")
		} else if t == "i64" {
			op += p.pick("", "8", "16", "32")
		}
		v := p.value(t, depth)
		if t[0] == 'f' {
			v = p.plainNaN(t, v)
		}
		p.line("(%s offset=%d %s %s)", op, p.rand.IntN(8), p.address(depth-1), v)
	case 6:
		p.line("(if %s (then", p.value("i32", depth-1))
		p.blocks++
		p.statement(depth - 1)
		if p.rand.IntN(2) == 0 {
			p.line(") (else")
			p.statement(depth - 1)
		}
		p.blocks--
		p.line("))")
	case 7:
		p.line("(block")
		p.blocks++
		p.statement(depth - 1)
		if p.rand.IntN(2) == 0 {
			p.line("(br_if %d %s)", p.rand.IntN(p.blocks), p.value("i32", depth-2))
		}
		p.statement(depth - 1)
		p.blocks--
		p.line(")")
	case 8:
		if p.loops >= 2 {
			p.statement(depth - 1)
			return
		}
		// A loop of its own counter. Branches from inside to its label count too: they are conditional on it.
		counter := 4 + p.loops
		p.loops++
		p.line("(local.set %d (i32.const %d))", counter, 1+p.rand.IntN(9))
		outer := p.blocks
		p.blocks = 0 // nothing inside may jump further out than the loop's own end, nor to its beginning uncounted
		p.line("(loop (block")
		p.blocks = 1
		p.statement(depth - 1)
		p.statement(depth - 1)
		p.line(")")
		p.blocks = outer
		p.line("(br_if 0 (local.tee %d (i32.sub (local.get %d) (i32.const 1)))))", counter, counter)
		p.loops--
	case 9:
		p.line("(block (block (block (br_table 0 1 2 1 0 %s))", p.value("i32", depth-1))
		outer := p.blocks
		p.blocks = 2
		p.statement(depth - 1)
		p.line(")")
		p.blocks = 1
		p.statement(depth - 1)
		p.line(")")
		p.blocks = outer
	case 10:
		p.line("(memory.%s %s %s (i32.and %s (i32.const 127)))", "fill", p.address(depth-1), p.value("i32", depth-1), p.value("i32", depth-1))
	case 11:
		p.line("(memory.copy %s %s (i32.and %s (i32.const 127)))", p.address(depth-1), p.address(depth-1), p.value("i32", depth-1))
	default:
		p.line("(local.set $%s %s)", t, p.value(t, depth))
	}
}

// plainNaN makes every NaN the same.
func (p *program) plainNaN(t, v string) string {
	return fmt.Sprintf("(select (%s.const nan) (local.tee $%s %s) (%s.ne (local.get $%s) (local.get $%s)))", t, t, v, t, t, t)
}

var (
	intUnary   = []string{"clz", "ctz", "popcnt"}
	intBinary  = []string{"add", "sub", "mul", "and", "or", "xor", "shl", "shr_s", "shr_u", "rotl", "rotr", "div_s", "div_u", "rem_s", "rem_u"}
	intTest    = []string{"eq", "ne", "lt_s", "lt_u", "gt_s", "gt_u", "le_s", "le_u", "ge_s", "ge_u"}
	floatUnary = []string{"abs", "neg", "ceil", "floor", "trunc", "nearest", "sqrt"}
	floatOther = []string{"add", "sub", "mul", "div", "min", "max", "copysign"}
	floatTest  = []string{"eq", "ne", "lt", "gt", "le", "ge"}
)

// value writes an expression of a type.
func (p *program) value(t string, depth int) string {
	if depth <= 0 {
		switch p.rand.IntN(4) {
		case 0:
			return fmt.Sprintf("(local.get $%s)", t)
		case 1:
			return fmt.Sprintf("(global.get $%s)", t)
		}
		if t[0] == 'i' {
			return fmt.Sprintf("(%s.const %s)", t, p.pick("0", "1", "-1", "7", "31", "64", "0x7fffffff", "0x80000000", "0xff", "100000"))
		}
		return fmt.Sprintf("(%s.const %s)", t, p.pick("0", "-0", "1", "-1.5", "1e9", "3.25e-8", "inf", "-inf", "nan", "4294967296"))
	}
	one := func(t string) string { return p.value(t, depth-1) }
	kinds := 9
	switch choice := p.rand.IntN(kinds); {
	case choice == 0:
		return p.value(t, 0)
	case choice == 1:
		return fmt.Sprintf("(select %s %s %s)", one(t), one(t), one("i32"))
	case choice == 2:
		return fmt.Sprintf("(if (result %s) %s (then %s) (else %s))", t, one("i32"), one(t), one(t))
	case choice == 3:
		return fmt.Sprintf("(local.tee $%s %s)", t, one(t))
	case choice == 4:
		op := t + ".load"
		if t == "i32" {
			op += p.pick("", "8_s", "8_u", "16_s", "16_u")
		} else if t == "i64" {
			op += p.pick("", "8_s", "8_u", "16_s", "16_u", "32_s", "32_u")
		}
		return fmt.Sprintf("(%s offset=%d %s)", op, p.rand.IntN(8), p.address(depth-1))
	case t == "i32" && choice == 5:
		if p.funcs > 0 && p.rand.IntN(2) == 0 {
			args := one("i32") + " " + one("i64") + " " + one("f32") + " " + one("f64")
			if p.rand.IntN(2) == 0 {
				return fmt.Sprintf("(call $f%d %s)", p.rand.IntN(p.funcs), args)
			}
			if p.funcs == 3 { // by then they are in the table; the fourth place is empty
				return fmt.Sprintf("(call_indirect (type $leaf) %s (i32.rem_u %s (i32.const %s)))", args, one("i32"), p.pick("3", "3", "3", "3", "3", "4"))
			}
		}
		from := p.pick("i32", "i64")
		return fmt.Sprintf("(%s.%s %s %s)", from, p.pick(intTest...), one(from), one(from))
	case t == "i32" && choice == 6:
		from := p.pick("f32", "f64")
		if p.rand.IntN(2) == 0 {
			return fmt.Sprintf("(%s.%s %s %s)", from, p.pick(floatTest...), one(from), one(from))
		}
		return fmt.Sprintf("(i32.trunc_sat_%s_%s %s)", from, p.pick("s", "u"), one(from))
	case t == "i32" && choice == 7:
		return p.pick(
			fmt.Sprintf("(i32.wrap_i64 %s)", one("i64")), fmt.Sprintf("(i32.extend8_s %s)", one("i32")),
			fmt.Sprintf("(i64.eqz %s)", one("i64")), fmt.Sprintf("(i32.reinterpret_f32 %s)", p.plainNaN("f32", one("f32"))))
	case t == "i64" && choice == 6:
		from := p.pick("f32", "f64")
		return fmt.Sprintf("(i64.trunc_sat_%s_%s %s)", from, p.pick("s", "u"), one(from))
	case t == "i64" && choice == 7:
		return p.pick(
			fmt.Sprintf("(i64.extend_i32_%s %s)", p.pick("s", "u"), one("i32")), fmt.Sprintf("(i64.extend32_s %s)", one("i64")),
			fmt.Sprintf("(i64.reinterpret_f64 %s)", p.plainNaN("f64", one("f64"))))
	case t[0] == 'i':
		if p.rand.IntN(6) == 0 {
			return fmt.Sprintf("(%s.%s %s)", t, p.pick(intUnary...), one(t))
		}
		op, by := p.pick(intBinary...), one(t)
		if (strings.HasPrefix(op, "div") || strings.HasPrefix(op, "rem")) && p.rand.IntN(30) > 0 {
			by = fmt.Sprintf("(%s.or (%s.const 1) %s)", t, t, by)
		}
		return fmt.Sprintf("(%s.%s %s %s)", t, op, one(t), by)
	case choice == 5:
		from := p.pick("i32", "i64")
		return fmt.Sprintf("(%s.convert_%s_%s %s)", t, from, p.pick("s", "u"), one(from))
	case t == "f32" && choice == 6:
		return p.pick(fmt.Sprintf("(f32.demote_f64 %s)", one("f64")), fmt.Sprintf("(f32.reinterpret_i32 %s)", one("i32")))
	case t == "f64" && choice == 6:
		return p.pick(fmt.Sprintf("(f64.promote_f32 %s)", one("f32")), fmt.Sprintf("(f64.reinterpret_i64 %s)", one("i64")))
	case choice == 7:
		return fmt.Sprintf("(%s.%s %s)", t, p.pick(floatUnary...), one(t))
	default:
		// The sign of a NaN differs by engine, and copysign and comparisons after it would show it.
		a, b := p.pick(floatOther...), one(t)
		if a == "copysign" {
			return fmt.Sprintf("(%s.copysign %s %s)", t, one(t), p.plainNaN(t, b))
		}
		return fmt.Sprintf("(%s.%s %s %s)", t, a, one(t), b)
	}
}
