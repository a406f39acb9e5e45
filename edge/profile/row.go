package profile

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
)

// A row is its format, one byte, its body, and a CRC-32C over the key, the format and the body: a row that rotted, or lies
// under another key, is an error and not an empty profile. Formats: 0 a tombstone, which is that one byte; 1 plain; 2 is
// kept for sealed bodies.
const (
	rowTombstone = 0
	rowPlain     = 1

	maxRow = 1 << 20 // below it Badger keeps a value in its tables, where a purge reaches it
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

var tombstone = []byte{rowTombstone}

// beginRow begins a row; the body is appended to it.
func beginRow(dst []byte) []byte { return append(dst, rowPlain) }

// endRow ends the row that began at the start of b.
func endRow(b, key []byte) []byte {
	sum := crc32.Update(crc32.Checksum(key, castagnoli), castagnoli, b)
	return binary.LittleEndian.AppendUint32(b, sum)
}

// openRow checks a row and gives its body; nil for a tombstone.
func openRow(key, row []byte) ([]byte, error) {
	switch {
	case len(row) == 1 && row[0] == rowTombstone:
		return nil, nil
	case len(row) < 5 || len(row) > maxRow+64:
		return nil, fmt.Errorf("%w: a row of %d bytes", ErrDamaged, len(row))
	}
	end := len(row) - 4
	sum := crc32.Update(crc32.Checksum(key, castagnoli), castagnoli, row[:end])
	switch {
	case binary.LittleEndian.Uint32(row[end:]) != sum:
		return nil, fmt.Errorf("%w: the checksum of a row does not fit", ErrDamaged)
	case row[0] != rowPlain:
		return nil, fmt.Errorf("%w: a row of format %d", ErrFormat, row[0])
	}
	return row[1:end], nil
}

// reader takes a body apart. After the first thing that does not fit it gives zeros only, and bad is set.
type reader struct {
	b   []byte
	s   string // the same bytes: texts are pieces of it
	at  int
	bad bool
}

func newReader(body []byte) reader { return reader{b: body, s: string(body)} }

func (r *reader) fail() {
	r.bad = true
	r.at = len(r.b)
}

func (r *reader) left() int { return len(r.b) - r.at }

func (r *reader) byte() byte {
	if r.at >= len(r.b) {
		r.fail()
		return 0
	}
	c := r.b[r.at]
	r.at++
	return c
}

func (r *reader) uint() uint64 {
	if r.at < len(r.b) && r.b[r.at] < 0x80 {
		r.at++
		return uint64(r.b[r.at-1])
	}
	u, n := binary.Uvarint(r.b[r.at:])
	if n <= 0 {
		r.fail()
		return 0
	}
	r.at += n
	return u
}

func (r *reader) int() int64 {
	u := r.uint()
	return int64(u>>1) ^ -int64(u&1)
}

// below reads a number that must be at most most.
func (r *reader) below(most uint64) uint64 {
	u := r.uint()
	if u > most {
		r.fail()
		return 0
	}
	return u
}

// count reads the length of a list whose elements take at least size bytes each.
func (r *reader) count(size int) int {
	u := r.uint()
	if u > uint64(r.left()/size) {
		r.fail()
		return 0
	}
	return int(u)
}

func (r *reader) fixed() uint64 {
	if r.left() < 8 {
		r.fail()
		return 0
	}
	u := binary.LittleEndian.Uint64(r.b[r.at:])
	r.at += 8
	return u
}

func (r *reader) text() string {
	n := r.count(1)
	if r.bad {
		return ""
	}
	s := r.s[r.at : r.at+n]
	r.at += n
	return s
}

func (r *reader) end() error {
	if r.bad || r.at != len(r.b) {
		return fmt.Errorf("%w: a row cannot be read", ErrDamaged)
	}
	return nil
}

func appendInt(b []byte, i int64) []byte { return binary.AppendUvarint(b, uint64(i)<<1^uint64(i>>63)) }

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// whole tells whether a number is written as an integer: exact, and shorter than its eight bytes.
func whole(n float64) bool { return n == math.Trunc(n) && math.Abs(n) < 1<<48 }
