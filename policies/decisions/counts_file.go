package decisions

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"maps"
	"math"
	"slices"
	"time"
)

// The file of counts, little-endian and varints:
//
//	magic "LOTSECNT", version (4 bytes: 1), sequence, missing, number of tables;
//	for each table, sorted: digest (32 bytes), first and last minute since 1970, number of rows,
//	and for each row, sorted: how far its key is behind the one before, count;
//	CRC-32C of all before (4 bytes)
const (
	countsName    = "counts"
	countsMagic   = "LOTSECNT"
	countsVersion = 1
)

func (d Digest) compare(other Digest) int { return bytes.Compare(d[:], other[:]) }

func (t *totals) encode() []byte {
	b := binary.LittleEndian.AppendUint32([]byte(countsMagic), countsVersion)
	b = binary.AppendUvarint(b, t.sequence)
	b = binary.AppendUvarint(b, t.missing)
	b = binary.AppendUvarint(b, uint64(len(t.tables)))
	for _, d := range slices.SortedFunc(maps.Keys(t.tables), Digest.compare) {
		table := t.tables[d]
		b = append(b, d[:]...)
		b = binary.AppendUvarint(b, uint64(table.First.Unix()/60))
		b = binary.AppendUvarint(b, uint64(table.Last.Unix()/60))
		b = binary.AppendUvarint(b, uint64(len(table.Rows)))
		before := uint32(0)
		for _, key := range slices.Sorted(maps.Keys(table.Rows)) {
			b = binary.AppendUvarint(b, uint64(key-before))
			b = binary.AppendUvarint(b, table.Rows[key])
			before = key
		}
	}
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

// damagedName is where a start puts a damaged file of counts, for somebody to look at.
const damagedName = countsName + ".damaged"

var errCounts = errors.New("the file is damaged")

func parseTotals(b []byte) (*totals, error) {
	const fixed = len(countsMagic) + 4
	if len(b) < fixed+4 || string(b[:len(countsMagic)]) != countsMagic {
		return nil, errCounts
	}
	body := b[:len(b)-4]
	if binary.LittleEndian.Uint32(b[len(body):]) != crc32.Checksum(body, castagnoli) {
		return nil, errCounts
	}
	if v := binary.LittleEndian.Uint32(b[len(countsMagic):]); v != countsVersion {
		return nil, fmt.Errorf("the file is of format %d, this program reads %d", v, countsVersion)
	}
	p := countsParser{rest: body[fixed:]}
	t := &totals{sequence: p.number(math.MaxUint64), missing: p.number(math.MaxUint64), tables: make(map[Digest]*TableCounts)}
	sum := t.missing
	for n := p.number(math.MaxUint64); n > 0 && !p.bad; n-- {
		table := p.table()
		p.bad = p.bad || t.tables[table.Digest] != nil
		t.tables[table.Digest] = table
		sum += table.Total
	}
	if p.bad || len(p.rest) > 0 || sum != t.sequence {
		return nil, errCounts
	}
	return t, nil
}

// countsParser takes parts from a file of counts. Once one is bad, all are.
type countsParser struct {
	rest []byte
	bad  bool
}

func (p *countsParser) number(limit uint64) uint64 {
	n, size := binary.Uvarint(p.rest)
	if size <= 0 || n > limit {
		p.rest, p.bad = nil, true
		return 0
	}
	p.rest = p.rest[size:]
	return n
}

func (p *countsParser) minute() time.Time {
	return time.Unix(int64(p.number(math.MaxUint32))*60, 0).UTC()
}

func (p *countsParser) table() *TableCounts {
	t := &TableCounts{Rows: make(map[uint32]uint64)}
	if p.bad = p.bad || len(p.rest) < len(t.Digest); p.bad {
		return t
	}
	p.rest = p.rest[copy(t.Digest[:], p.rest):]
	t.First, t.Last = p.minute(), p.minute()
	key := uint64(0)
	for n := p.number(KeyLimit); n > 0 && !p.bad; n-- {
		key += p.number(KeyLimit)
		count := p.number(math.MaxUint64)
		_, twice := t.Rows[uint32(key)]
		p.bad = p.bad || key >= KeyLimit || count == 0 || twice
		t.Rows[uint32(key)] = count
		t.Total += count
	}
	return t
}
