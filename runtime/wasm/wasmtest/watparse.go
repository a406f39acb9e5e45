package wasmtest

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// node is an atom, a string or a list.
type node struct {
	file   string
	line   int
	atom   string
	text   []byte // of a string
	quoted bool
	list   []node
	isList bool
}

func (n node) is(head string) bool { return n.isList && len(n.list) > 0 && n.list[0].atom == head }

func (n node) fail(format string, args ...any) {
	panic(complaint{n.file, n.line, fmt.Sprintf(format, args...)})
}

func (n node) isID() bool { return strings.HasPrefix(n.atom, "$") }

// at gives the i-th part of a list.
func (n node) at(i int) node {
	if i >= len(n.list) {
		n.fail("too short")
	}
	return n.list[i]
}

func (n node) int() int64 {
	s := strings.ReplaceAll(n.atom, "_", "")
	v, err := strconv.ParseInt(s, 0, 64)
	if err != nil {
		u, err := strconv.ParseUint(s, 0, 64)
		if err != nil {
			n.fail("%q is not a number", n.atom)
		}
		v = int64(u)
	}
	return v
}

func (n node) string() string {
	if !n.quoted {
		n.fail("not a string")
	}
	return string(n.text)
}

// float reads a decimal or hexadecimal number, inf, nan, or nan:0x... with a payload, as bits.
func (n node) float(bits int) uint64 {
	s := strings.ReplaceAll(n.atom, "_", "")
	mantissa := 52
	if bits == 32 {
		mantissa = 23
	}
	sign := uint64(0)
	if rest, ok := strings.CutPrefix(s, "-"); ok {
		sign, s = 1<<(bits-1), rest
	}
	exponent := (uint64(1)<<(bits-1-mantissa) - 1) << mantissa
	if s == "nan" {
		return sign | exponent | 1<<(mantissa-1)
	}
	if payload, ok := strings.CutPrefix(s, "nan:"); ok {
		return sign | exponent | uint64(node{atom: payload}.int())
	}
	v, err := strconv.ParseFloat(s, bits)
	if err != nil {
		n.fail("%q is not a number", n.atom)
	}
	if bits == 32 {
		return sign | uint64(math.Float32bits(float32(v)))
	}
	return sign | math.Float64bits(v)
}

// items are raw bytes.
func items(list []node) (b []byte) {
	for _, n := range list {
		switch {
		case n.quoted:
			b = append(b, n.text...)
		case !n.isList:
			v := n.int()
			if v < 0 || v > 255 {
				n.fail("%d is not a byte", v)
			}
			b = append(b, byte(v))
		case n.is("u32") && len(n.list) > 2:
			v, width := uint64(n.at(1).int()), int(n.at(2).int())
			for i := range width {
				more := byte(0x80)
				if i == width-1 {
					more = 0
				}
				b = append(b, byte(v&0x7f)|more)
				v >>= 7
			}
		case n.is("u32"):
			b = append(b, U32(uint32(n.at(1).int()))...)
		case n.is("s32"), n.is("s64"):
			b = append(b, S64(n.at(1).int())...)
		case n.is("name"):
			b = append(b, Name(n.at(1).string())...)
		case n.is("sized"):
			content := items(n.list[1:])
			b = append(append(b, U32(uint32(len(content)))...), content...)
		case n.is("section"):
			b = append(b, Section(byte(n.at(1).int()), items(n.list[2:]))...)
		case n.is("repeat"):
			b = append(b, Repeat(int(n.at(1).int()), items(n.list[2:]))...)
		default:
			n.fail("not bytes")
		}
	}
	return b
}

// parser cuts a source into nodes.
type parser struct {
	here node
	rest string
}

func (p *parser) skip(n int) {
	p.here.line += strings.Count(p.rest[:n], "\n")
	p.rest = p.rest[n:]
}

// blank skips spaces and comments.
func (p *parser) blank() {
	for {
		switch {
		case p.rest == "":
			return
		case strings.ContainsRune(" \t\r\n", rune(p.rest[0])):
			p.skip(1)
		case strings.HasPrefix(p.rest, ";;"):
			n := strings.IndexByte(p.rest, '\n')
			if n < 0 {
				n = len(p.rest)
			}
			p.skip(n)
		case strings.HasPrefix(p.rest, "(;"):
			n := strings.Index(p.rest, ";)")
			if n < 0 {
				p.here.fail("a comment without end")
			}
			p.skip(n + 2)
		default:
			return
		}
	}
}

// nodes reads up to a closing parenthesis or the end.
func (p *parser) nodes() (list []node) {
	for {
		p.blank()
		if p.rest == "" || p.rest[0] == ')' {
			return list
		}
		n := p.here
		switch p.rest[0] {
		case '(':
			p.skip(1)
			n.isList, n.list = true, p.nodes()
			if p.rest == "" {
				n.fail("a ( without )")
			}
			p.skip(1)
		case '"':
			n.quoted, n.text = true, p.text()
		default:
			end := strings.IndexAny(p.rest, " \t\r\n()\";")
			if end < 0 {
				end = len(p.rest)
			}
			n.atom = p.rest[:end]
			p.skip(end)
		}
		list = append(list, n)
	}
}

// text reads a string with its escapes: \n, \t, \", \\, and two hexadecimal digits for any byte.
func (p *parser) text() (b []byte) {
	for i := 1; i < len(p.rest); i++ {
		switch c := p.rest[i]; c {
		case '"':
			p.skip(i + 1)
			return b
		case '\\':
			i++
			if i+1 >= len(p.rest) {
				p.here.fail("half an escape")
			}
			if at := strings.IndexByte("nt\"\\", p.rest[i]); at >= 0 {
				b = append(b, "\n\t\"\\"[at])
				continue
			}
			v, err := strconv.ParseUint(p.rest[i:i+2], 16, 8)
			if err != nil {
				p.here.fail("unknown escape")
			}
			b = append(b, byte(v))
			i++
		default:
			b = append(b, c)
		}
	}
	p.here.fail("a string without end")
	return nil
}
