package abi

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
)

// Value is what a record says of one feature. The zero Value is an absent one: a module cannot tell what is not known
// from what it may not see.
type Value struct {
	Present bool
	Type    Type
	Number  float64 // finite; for a boolean 0 or 1
	Text    string
}

// ErrRecordSize says that values do not fit into MaxRecord bytes.
var ErrRecordSize = fmt.Errorf("the record is larger than %d bytes", MaxRecord)

var errRecord = errors.New("not a record of version 1")

// magic begins a record.
const magic = "LTS1"

// The codes of a slot's type.
const (
	codeNumber  = 1
	codeString  = 2
	codeBoolean = 3
)

// AppendRecord appends the record of the values, in the order of Manifest.Reads, to dst. On an error it returns dst as it
// was. It allocates nothing where dst has room for MaxRecord bytes more.
//
// A record is little-endian. The header has the magic "LTS1", the version, the total size, the number of slots, the
// offset of the heap and a zero, four bytes each, then the moment of evaluation in Unix milliseconds, eight bytes. A slot
// has its presence (0 or 1) and type (1 number, 2 string, 3 boolean), one byte each, a zero, two bytes, the length of a
// string, four bytes, and eight bytes: a number as an IEEE 754 double, a string's offset from the record's start, or 0 or
// 1. An absent slot is all zero but for its type. The heap has the strings one after the other, with nothing between.
func AppendRecord(dst []byte, unixMillis int64, values []Value) ([]byte, error) {
	heap := HeaderSize + len(values)*SlotSize
	size := heap
	for i := range values {
		if v := &values[i]; v.Present && v.Type == String {
			if len(v.Text) > MaxRecord-size {
				return dst, ErrRecordSize
			}
			size += len(v.Text)
		}
	}
	if size > MaxRecord {
		return dst, ErrRecordSize
	}

	whole := slices.Grow(dst, size)[:len(dst)+size]
	out := whole[len(dst):]
	copy(out, magic)
	binary.LittleEndian.PutUint32(out[4:], Version)
	binary.LittleEndian.PutUint32(out[8:], uint32(size))
	binary.LittleEndian.PutUint32(out[12:], uint32(len(values)))
	binary.LittleEndian.PutUint32(out[16:], uint32(heap))
	binary.LittleEndian.PutUint32(out[20:], 0)
	binary.LittleEndian.PutUint64(out[24:], uint64(unixMillis))

	next := heap
	for i := range values {
		v := &values[i]
		code := codeOf(v.Type)
		if code == 0 && (v.Present || v.Type != "") {
			return dst, fmt.Errorf("value %d has no type of version 1", i)
		}
		head, bits := uint64(code)<<8, uint64(0)
		if v.Present {
			head |= 1
			switch code {
			case codeNumber:
				if bits = math.Float64bits(v.Number); !finite(bits) {
					return dst, fmt.Errorf("value %d is not a finite number", i)
				}
			case codeBoolean:
				if v.Number != 0 && v.Number != 1 {
					return dst, fmt.Errorf("value %d is neither 0 nor 1", i)
				}
				bits = uint64(v.Number)
			case codeString:
				head |= uint64(len(v.Text)) << 32
				bits = uint64(next)
				next += copy(out[next:], v.Text)
			}
		}
		slot := out[HeaderSize+i*SlotSize:][:SlotSize]
		binary.LittleEndian.PutUint64(slot, head)
		binary.LittleEndian.PutUint64(slot[8:], bits)
	}
	return whole, nil
}

// ReadRecord reads a record back: the moment of evaluation, and the values appended to dst. It takes nothing but what
// AppendRecord writes, byte for byte, and copies the texts. On an error it returns dst as it was.
func ReadRecord(dst []Value, raw []byte) (unixMillis int64, values []Value, err error) {
	if len(raw) < HeaderSize || len(raw) > MaxRecord || string(raw[:4]) != magic {
		return 0, dst, errRecord
	}
	word := func(at int) uint32 { return binary.LittleEndian.Uint32(raw[at:]) }
	count := word(12)
	heap := HeaderSize + uint64(count)*SlotSize
	if word(4) != Version || word(8) != uint32(len(raw)) || uint64(word(16)) != heap || word(20) != 0 || heap > uint64(len(raw)) {
		return 0, dst, errRecord
	}

	values = dst
	next := heap
	for i := range int(count) {
		slot := raw[HeaderSize+i*SlotSize:][:SlotSize]
		v, length, ok := readSlot(slot, raw, next)
		if !ok {
			return 0, dst, fmt.Errorf("slot %d of the record is not one of version 1", i)
		}
		values = append(values, v)
		next += length
	}
	if next != uint64(len(raw)) {
		return 0, dst, errRecord
	}
	return int64(binary.LittleEndian.Uint64(raw[24:])), values, nil
}

// readSlot reads one slot; next is where its string must begin in the record.
func readSlot(slot, record []byte, next uint64) (v Value, length uint64, ok bool) {
	length = uint64(binary.LittleEndian.Uint32(slot[4:]))
	bits := binary.LittleEndian.Uint64(slot[8:])
	v = Value{Present: slot[0] == 1, Type: typeOf(slot[1])}
	if slot[0] > 1 || slot[1] > codeBoolean || slot[2] != 0 || slot[3] != 0 {
		return v, 0, false
	}
	switch {
	case !v.Present:
		return v, 0, length == 0 && bits == 0
	case v.Type == Number:
		v.Number = math.Float64frombits(bits)
		return v, 0, length == 0 && finite(bits)
	case v.Type == Boolean:
		v.Number = float64(bits)
		return v, 0, length == 0 && bits <= 1
	case v.Type == String:
		if bits != next || length > uint64(len(record))-next {
			return v, 0, false
		}
		v.Text = string(record[next : next+length])
		return v, length, true
	default: // present and without a type
		return v, 0, false
	}
}

func codeOf(t Type) byte {
	switch t {
	case Number:
		return codeNumber
	case String:
		return codeString
	case Boolean:
		return codeBoolean
	default:
		return 0
	}
}

func typeOf(code byte) Type {
	switch code {
	case codeNumber:
		return Number
	case codeString:
		return String
	case codeBoolean:
		return Boolean
	default:
		return ""
	}
}

// finite tells whether the bits are a finite double: an exponent of all ones is an infinity or not a number.
func finite(bits uint64) bool { return bits>>52&0x7ff != 0x7ff }
