package decisions

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"time"
)

// A block is what one flush writes, or a part of it: a header of 32 bytes, little-endian, and records.
//
//	 0  magic "LDB1"
//	 4  length of the records, 4 bytes
//	 8  sequence of the first decision, 8 bytes
//	16  how many sequences the block takes, 8 bytes
//	24  CRC-32C of the records
//	28  CRC-32C of the header up to here
//
// A record begins with a byte that tells its kind:
//
//	0xxxxxxx       a decision: 3 bytes, big-endian, are the key of its row; takes one sequence
//	0x80 digest    names a table of 32 bytes, which is the current one from here on; the block's tables count from 0
//	0x81 n         makes table n the current one; a varint
//	0x82 key n     a tally: n decisions of one row, whose places among their neighbours are lost; takes n sequences;
//	               the key has 3 bytes, n is a varint
//
// A block names its own tables, so what is damaged spoils one block.
const (
	blockMagic = 0x3142444c // "LDB1"
	headerSize = 32

	// blockSize ends a block once its records are that long; the last one may pass it by its own length.
	blockSize  = 64 << 10
	maxRecords = blockSize + 64

	recordTable = 0x80
	recordUse   = 0x81
	recordTally = 0x82
)

// KeyLimit is above every row's key.
const KeyLimit = 1 << 23

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Entry is one decision: which row of which table answered. A tally stands for Count decisions of that row.
type Entry struct {
	Sequence uint64 // of the first decision that it stands for
	Count    uint64 // 1, or for a tally at least 1
	Digest   Digest
	Key      uint32
	// Tally says that the disk was full or slow: the neighbouring tallies took their sequences in an unknown order.
	Tally bool
	// Minute is when the segment was begun, in whole minutes: the decision is not older, and younger by at most what a
	// segment spans. There is no finer time on purpose.
	Minute time.Time
}

// last is the last sequence that the entry stands for.
func (e *Entry) last() uint64 { return e.Sequence + e.Count - 1 }

// encoder writes one block after the other into one buffer.
type encoder struct {
	block       []byte
	first, next uint64
	tables      map[Digest]uint64 // of this block
	current     Digest
}

// begin starts a block whose first decision has that sequence.
func (e *encoder) begin(first uint64) {
	e.block = append(e.block[:0], make([]byte, headerSize)...)
	e.first, e.next = first, first
	if e.tables == nil {
		e.tables = make(map[Digest]uint64)
	}
	clear(e.tables)
}

func (e *encoder) full() bool  { return len(e.block) >= headerSize+blockSize }
func (e *encoder) empty() bool { return e.next == e.first }

// add appends an entry. Its sequence is the next one, whatever it says.
func (e *encoder) add(entry *Entry) {
	if len(e.tables) == 0 || e.current != entry.Digest {
		e.use(entry.Digest)
	}
	if entry.Tally {
		e.block = append(e.block, recordTally)
	}
	e.block = append(e.block, byte(entry.Key>>16), byte(entry.Key>>8), byte(entry.Key))
	if entry.Tally {
		e.block = binary.AppendUvarint(e.block, entry.Count)
	}
	e.next += entry.Count
}

func (e *encoder) use(d Digest) {
	e.current = d
	if n, ok := e.tables[d]; ok {
		e.block = binary.AppendUvarint(append(e.block, recordUse), n)
		return
	}
	e.tables[d] = uint64(len(e.tables))
	e.block = append(append(e.block, recordTable), d[:]...)
}

// finish completes the header. The block is valid until the next begin.
func (e *encoder) finish() []byte {
	h, records := e.block[:headerSize], e.block[headerSize:]
	binary.LittleEndian.PutUint32(h[0:], blockMagic)
	binary.LittleEndian.PutUint32(h[4:], uint32(len(records)))
	binary.LittleEndian.PutUint64(h[8:], e.first)
	binary.LittleEndian.PutUint64(h[16:], e.next-e.first)
	binary.LittleEndian.PutUint32(h[24:], crc32.Checksum(records, castagnoli))
	binary.LittleEndian.PutUint32(h[28:], crc32.Checksum(h[:28], castagnoli))
	return e.block
}

// header is what a block's header says.
type header struct {
	length      int
	first, next uint64
	sum         uint32
}

func parseHeader(b []byte) (h header, ok bool) {
	h = header{
		length: int(binary.LittleEndian.Uint32(b[4:])),
		first:  binary.LittleEndian.Uint64(b[8:]),
		sum:    binary.LittleEndian.Uint32(b[24:]),
	}
	count := binary.LittleEndian.Uint64(b[16:])
	h.next = h.first + count
	return h, binary.LittleEndian.Uint32(b) == blockMagic &&
		binary.LittleEndian.Uint32(b[28:]) == crc32.Checksum(b[:28], castagnoli) &&
		h.length <= maxRecords && h.first > 0 && count > 0 && count < math.MaxUint64-h.first
}

// records reads what follows a header.
type records struct {
	rest    []byte
	next    uint64 // sequence of the next decision
	end     uint64 // of the block
	tables  []Digest
	current int
	minute  time.Time
}

// open takes a block's records, if they are whole and right. They must stay unchanged while they are read.
func (r *records) open(h header, content []byte, minute time.Time) error {
	if crc32.Checksum(content, castagnoli) != h.sum {
		return errors.New("the checksum does not match")
	}
	start := func() { *r = records{content, h.first, h.next, r.tables[:0], 0, minute} }
	start()
	var e Entry
	for {
		if ok, err := r.read(&e); err != nil {
			r.rest = nil
			return err
		} else if !ok {
			break
		}
	}
	if r.next != h.next {
		return fmt.Errorf("there are decisions up to %d, the header says %d", r.next-1, h.next-1)
	}
	start()
	return nil
}

// read gives the next entry; ok is false at the end.
func (r *records) read(e *Entry) (ok bool, err error) {
	for len(r.rest) > 0 {
		switch kind := r.rest[0]; kind {
		case recordTable:
			if len(r.rest) < 1+len(Digest{}) {
				return false, errors.New("the digest of a table is cut off")
			}
			r.current = len(r.tables)
			r.tables = append(r.tables, Digest(r.rest[1:]))
			r.rest = r.rest[1+len(Digest{}):]
		case recordUse:
			n, size := binary.Uvarint(r.rest[1:])
			if size <= 0 || n >= uint64(len(r.tables)) {
				return false, fmt.Errorf("a table is used that is none of the block's %d", len(r.tables))
			}
			r.current, r.rest = int(n), r.rest[1+size:]
		default:
			return true, r.decision(e, kind)
		}
	}
	return false, nil
}

func (r *records) decision(e *Entry, kind byte) error {
	count, tally := uint64(1), kind == recordTally
	if tally {
		r.rest = r.rest[1:]
	} else if kind >= recordTable {
		return fmt.Errorf("there is no record of kind %#x", kind)
	}
	if len(r.rest) < 3 || r.rest[0] >= recordTable {
		return errors.New("the key of a row is cut off, or too large")
	}
	key := uint32(r.rest[0])<<16 | uint32(r.rest[1])<<8 | uint32(r.rest[2])
	r.rest = r.rest[3:]
	if tally {
		n, size := binary.Uvarint(r.rest)
		if size <= 0 {
			return errors.New("the number of a tally is cut off")
		}
		count, r.rest = n, r.rest[size:]
	}
	if len(r.tables) == 0 {
		return errors.New("a decision comes before its table")
	}
	if count == 0 || count > r.end-r.next {
		return errors.New("there are more decisions than the header says, or a tally of none")
	}
	*e = Entry{Sequence: r.next, Count: count, Digest: r.tables[r.current], Key: key, Tally: tally, Minute: r.minute}
	r.next += count
	return nil
}
