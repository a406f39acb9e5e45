package wasm

import (
	"fmt"
	"unicode/utf8"
)

// decoder reads data[pos:end]. A malformed byte ends the reading for good: bad is set, pos jumps to end and every
// further read gives zero, so that callers need to look only once for each element. A limit or a feature that is not
// admitted is noted, and the reading goes on, so that a tenant sees all of them at once.
type decoder struct {
	data     []byte
	pos, end int
	bad      bool
	section  string
	function int
	problems []Problem
	limits   Limits
	policy
	m       *Module
	customs int
	work    uint64
	counted int // entries of the data count section, or -1
}

// fail notes that the binary is malformed.
func (d *decoder) fail(at int, format string, args ...any) {
	if !d.bad {
		d.note(at, rebuild, format, args...)
	}
	d.bad, d.pos = true, d.end
}

// refuse notes a breach of the rules in a well-formed binary.
func (d *decoder) refuse(at int, remedy, format string, args ...any) {
	d.note(at, remedy, format, args...)
	if len(d.problems) >= maxProblems {
		d.bad, d.pos = true, d.end
	}
}

func (d *decoder) note(at int, remedy, format string, args ...any) {
	if len(d.problems) < maxProblems {
		d.problems = append(d.problems, Problem{at, d.section, d.function, fmt.Sprintf(format, args...), remedy})
	}
}

// limit notes a number above its limit, and tells whether it is within.
func (d *decoder) limit(at int, n, most uint64, what string) bool {
	if n <= most {
		return true
	}
	d.refuse(at, "make the module smaller or split it", "%d %s: a %s may have %d", n, what, d.limits.Name, most)
	return false
}

// most is limit for the length of a whole section, beyond which there is no use in reading on.
func (d *decoder) most(at, n, limit int, what string) {
	if !d.limit(at, uint64(n), uint64(limit), what) {
		d.bad, d.pos = true, d.end
	}
}

func (d *decoder) byte() byte {
	if d.pos >= d.end {
		d.fail(d.pos, "unexpected end")
		return 0
	}
	b := d.data[d.pos]
	d.pos++
	return b
}

// take gives the next n bytes, without a copy.
func (d *decoder) take(n uint32) []byte {
	if uint64(n) > uint64(d.end-d.pos) {
		d.fail(d.pos, "%d bytes announced, %d left", n, d.end-d.pos)
		return nil
	}
	b := d.data[d.pos : d.pos+int(n) : d.pos+int(n)]
	d.pos += int(n)
	return b
}

func (d *decoder) u32() uint32 { return uint32(d.unsigned(32)) }

// unsigned reads LEB128 of at most that many bits. Padding up to the full width is admitted, as the format has it and
// linkers write it; further bytes and bits beyond the width are not.
func (d *decoder) unsigned(bits uint) uint64 {
	at := d.pos
	var v uint64
	for shift := uint(0); ; shift += 7 {
		b := d.byte()
		if d.bad {
			return 0
		}
		if left := bits - shift; left < 7 && b>>left != 0 {
			d.fail(at, "number longer than %d bits", bits)
			return 0
		}
		v |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return v
		}
	}
}

// signed reads signed LEB128 of at most that many bits; the unused bits of the last byte must repeat the sign.
func (d *decoder) signed(bits uint) int64 {
	at := d.pos
	var v int64
	for shift := uint(0); ; shift += 7 {
		b := d.byte()
		if d.bad {
			return 0
		}
		if left := bits - shift; left < 7 {
			// left-1 is the sign's place; it and everything above it must be alike.
			top := int8(b<<1) >> left // sign and the bits above it, as a small signed number
			if b >= 0x80 || (top != 0 && top != -1) {
				d.fail(at, "number longer than %d bits", bits)
				return 0
			}
		}
		v |= int64(b&0x7f) << shift
		if b < 0x80 {
			if shift+7 < 64 && b&0x40 != 0 {
				v |= -1 << (shift + 7)
			}
			return v
		}
	}
}

// count reads the length of a vector whose elements take at least size bytes, so that a lie about it allocates nothing.
func (d *decoder) count(size int) int {
	at := d.pos
	n := d.u32()
	if uint64(n)*uint64(size) > uint64(d.end-d.pos) {
		d.fail(at, "%d elements announced, %d bytes left", n, d.end-d.pos)
		return 0
	}
	return int(n)
}

func (d *decoder) name() string {
	at := d.pos
	b := d.take(d.u32())
	if !utf8.Valid(b) {
		d.fail(at, "a name is not UTF-8")
	}
	return string(b)
}

func (d *decoder) valueType() ValueType {
	at := d.pos
	t := ValueType(d.byte())
	switch {
	case d.bad || t.valid():
	case t == 0x7b:
		d.refuse(at, "build without SIMD (Rust: -C target-feature=-simd128; clang: -mno-simd128)", "vector type")
		return I32
	case t == 0x70 || t == 0x6f:
		d.refuse(at, "build without reference types (Rust: --target wasm32v1-none; clang: -mcpu=mvp)", "reference type")
		return I32
	default:
		d.fail(at, "unknown value type %#x", byte(t))
	}
	return t
}
