package decisions

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A segment is one file of the log: decisions-NNNNNNNN.log, with at least eight digits, numbered upwards. It begins with a
// header of 32 bytes, little-endian, and goes on with blocks.
//
//	 0  magic "LOTSEDEC"
//	 8  version of the format, 4 bytes: 1
//	12  sequence of the first decision, 8 bytes
//	20  when it was begun, in minutes since 1970, 8 bytes
//	28  CRC-32C of the header up to here
const (
	segmentMagic   = "LOTSEDEC"
	segmentVersion = 1
	segmentPrefix  = "decisions-"
	segmentSuffix  = ".log"
)

// segment is what the header of one says.
type segment struct {
	name   string
	number uint64
	first  uint64    // sequence; 0: the header is damaged
	begun  time.Time // in whole minutes
}

func segmentName(number uint64) string {
	return fmt.Sprintf("%s%08d%s", segmentPrefix, number, segmentSuffix)
}

// segmentNumber is the inverse of segmentName. Other files of the folder are not the log's.
func segmentNumber(name string) (number uint64, ok bool) {
	middle, ok := strings.CutPrefix(name, segmentPrefix)
	if !ok {
		return 0, false
	}
	if middle, ok = strings.CutSuffix(middle, segmentSuffix); !ok {
		return 0, false
	}
	number, err := strconv.ParseUint(middle, 10, 63)
	return number, err == nil && segmentName(number) == name
}

func (s *segment) header() []byte {
	b := append(make([]byte, 0, headerSize), segmentMagic...)
	b = binary.LittleEndian.AppendUint32(b, segmentVersion)
	b = binary.LittleEndian.AppendUint64(b, s.first)
	b = binary.LittleEndian.AppendUint64(b, uint64(s.begun.Unix()/60))
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

// parse takes a header. An error that wraps errVersion means that the blocks cannot be read either.
func (s *segment) parse(b []byte) error {
	if !bytes.HasPrefix(b, []byte(segmentMagic)) || binary.LittleEndian.Uint32(b[28:]) != crc32.Checksum(b[:28], castagnoli) {
		return errors.New("the segment's header is damaged")
	}
	if v := binary.LittleEndian.Uint32(b[8:]); v != segmentVersion {
		return fmt.Errorf("%w %d, this one reads %d", errVersion, v, segmentVersion)
	}
	minute := binary.LittleEndian.Uint64(b[20:])
	if minute > math.MaxUint32 {
		return errors.New("the segment's header tells no time")
	}
	s.first, s.begun = binary.LittleEndian.Uint64(b[12:]), time.Unix(int64(minute)*60, 0).UTC()
	return nil
}

var errVersion = errors.New("the segment is of another program's format")

// listSegments gives the segments in order with what their headers say. One whose header is damaged or not yet written has
// no first sequence, and began when the one before it did.
func listSegments(files Files) ([]segment, error) {
	names, err := files.List()
	if err != nil {
		return nil, fmt.Errorf("list the decision log: %w", err)
	}
	var list []segment
	for _, name := range names {
		if number, ok := segmentNumber(name); ok {
			list = append(list, segment{name: name, number: number})
		}
	}
	slices.SortFunc(list, func(a, b segment) int {
		if a.number < b.number {
			return -1
		}
		return 1
	})
	kept := list[:0]
	for _, s := range list {
		if len(kept) > 0 {
			s.begun = kept[len(kept)-1].begun
		}
		err := s.readHeader(files)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue // retention was faster
		case errors.Is(err, errVersion):
			return nil, fmt.Errorf("read %s: %w", s.name, err)
		}
		kept = append(kept, s)
	}
	return kept, nil
}

func (s *segment) readHeader(files Files) error {
	f, err := files.Open(s.name)
	if err != nil {
		return err
	}
	defer f.Close()
	var b [headerSize]byte
	if _, err := io.ReadFull(f, b[:]); err != nil {
		return err
	}
	return s.parse(b[:])
}
