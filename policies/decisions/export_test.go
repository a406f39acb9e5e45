package decisions

import (
	"encoding/binary"
	"hash/crc32"
	"time"
)

// SetVersion changes the version in a segment's header, and what depends on it.
func SetVersion(segment []byte, version uint32) {
	binary.LittleEndian.PutUint32(segment[8:], version)
	binary.LittleEndian.PutUint32(segment[28:], crc32.Checksum(segment[:28], castagnoli))
}

// EncodeBlock encodes entries of one sequence as a block.
func EncodeBlock(first uint64, entries []Entry) []byte {
	var e encoder
	e.begin(first)
	for i := range entries {
		e.add(&entries[i])
	}
	return e.finish()
}

// SealRecords gives a block of any records with a header that fits them, as a forger would.
func SealRecords(first, count uint64, content []byte) []byte {
	e := encoder{first: first, next: first + count}
	e.block = append(make([]byte, headerSize), content...)
	return e.finish()
}

// SealCounts makes a file of counts of any body.
func SealCounts(body []byte) []byte {
	b := append(binary.LittleEndian.AppendUint32([]byte(countsMagic), countsVersion), body...)
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

// SegmentHeader is the header of a segment that begins with a sequence, in the minute 0.
func SegmentHeader(first uint64) []byte {
	return (&segment{first: first, begun: time.Unix(0, 0)}).header()
}
