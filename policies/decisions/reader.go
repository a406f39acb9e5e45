package decisions

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
)

// DamageError tells that decisions are missing from the log. The reader goes on behind them.
type DamageError struct {
	File    string // where, or from where on, nothing could be read; the next whole block's where there is no such place
	Offset  int64
	Problem string
	First   uint64 // the sequences that are missing
	Last    uint64
}

// Error names the file and the place.
func (e *DamageError) Error() string {
	return fmt.Sprintf("read %s at byte %d: %s: decisions %d to %d are missing", e.File, e.Offset, e.Problem, e.First, e.Last)
}

// Reader gives the entries of all segments in order. It may read while a Log writes: it then ends at what was written
// whole. It is for one goroutine.
type Reader struct {
	files    Files
	segments []segment // those still to be opened
	from     uint64

	file    io.ReadCloser // nil between segments
	in      *bufio.Reader
	name    string
	offset  int64
	records records
	content []byte

	next uint64       // the sequence after the last block; 0: any
	torn *DamageError // the first place that could not be read since the last block
}

// Read begins at a sequence; 0 and what is older than the log mean its beginning.
func Read(files Files, from uint64) (*Reader, error) {
	segments, err := listSegments(files)
	if err != nil {
		return nil, err
	}
	r := &Reader{files: files, from: from, in: bufio.NewReaderSize(nil, 2*maxRecords)}
	start := 0
	for i, s := range segments {
		if s.first > 0 && s.first <= from {
			start = i
		}
	}
	r.segments = segments[start:]
	if len(r.segments) > 0 {
		r.next = r.segments[0].first
	}
	return r, nil
}

// Close lets go of the file that is open.
func (r *Reader) Close() error {
	if r.file == nil {
		return nil
	}
	err := r.file.Close()
	r.file = nil
	return err
}

// Next gives the next entry, and io.EOF behind the last. After a *DamageError it may be called again, and goes on with the
// next whole block; after another error too, and goes on with the next file.
func (r *Reader) Next() (e Entry, err error) {
	for {
		for {
			ok, err := r.records.read(&e)
			if err != nil {
				panic("BUG: a block's records changed while they were read")
			}
			if !ok {
				break
			}
			if e.last() >= r.from {
				return e, nil
			}
		}
		if err := r.nextBlock(); err != nil {
			return Entry{}, err
		}
	}
}

// Torn tells, after io.EOF, where the log ends in something that is not a whole block: what a crash leaves, or what is just
// being written. It is nil where it ends well.
func (r *Reader) Torn() error {
	if r.torn == nil {
		return nil
	}
	return fmt.Errorf("read %s at byte %d: %s: the log ends here", r.torn.File, r.torn.Offset, r.torn.Problem)
}

// nextBlock goes to the next whole block that holds something from r.from on.
func (r *Reader) nextBlock() error {
	for {
		if r.file == nil {
			if err := r.nextSegment(); err != nil {
				return err
			}
			continue
		}
		head, err := r.in.Peek(headerSize)
		if err != nil {
			if len(head) > 0 {
				r.mark("a block's header is cut off")
			}
			if err := r.leave(err); err != nil {
				return err
			}
			continue
		}
		h, ok := parseHeader(head)
		if !ok {
			r.mark("no block begins here")
			r.seek()
			continue
		}
		whole, err := r.take(h)
		if err != nil {
			return err
		}
		if !whole {
			continue
		}
		if h.first < r.next {
			r.records.rest = nil
			r.mark(fmt.Sprintf("decision %d comes again", h.first))
			continue
		}
		missing := r.missing(h)
		r.next, r.torn = h.next, nil
		if missing != nil {
			return missing
		}
		return nil
	}
}

// nextSegment opens the next file.
func (r *Reader) nextSegment() error {
	if len(r.segments) == 0 {
		return io.EOF
	}
	s := r.segments[0]
	r.segments = r.segments[1:]
	f, err := r.files.Open(s.name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // retention was faster: what is missing shows in the sequences
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", s.name, err)
	}
	r.file, r.name, r.offset = f, s.name, 0
	r.in.Reset(f)
	r.records.minute = s.begun
	if s.first == 0 {
		r.mark("the segment's header is damaged or cut off")
		return nil // there may be blocks behind it
	}
	if err := r.discard(headerSize); err != nil {
		return r.leave(err)
	}
	return nil
}

// leave ends with a file. Its end is no error.
func (r *Reader) leave(err error) error {
	name, offset := r.name, r.offset
	r.Close()
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return fmt.Errorf("read %s at byte %d: %w", name, offset, err)
}

func (r *Reader) discard(n int) error {
	n, err := r.in.Discard(n)
	r.offset += int64(n)
	return err
}

// take reads the records behind a header. It is not whole where they are not, which is marked.
func (r *Reader) take(h header) (whole bool, err error) {
	start := r.offset
	if err := r.discard(headerSize); err != nil {
		return false, r.leave(err)
	}
	if cap(r.content) < h.length {
		r.content = make([]byte, maxRecords)
	}
	r.content = r.content[:h.length]
	n, err := io.ReadFull(r.in, r.content)
	r.offset += int64(n)
	if err != nil {
		r.markAt(start, "a block is cut off")
		return false, r.leave(err)
	}
	if err := r.records.open(h, r.content, r.records.minute); err != nil {
		r.markAt(start, err.Error())
		return false, nil
	}
	return true, nil
}

// seek goes on to where a block may begin.
func (r *Reader) seek() {
	for {
		if r.discard(1) != nil {
			return
		}
		b, err := r.in.Peek(headerSize)
		if err != nil {
			return // nextBlock sees it too
		}
		if binary.LittleEndian.Uint32(b) == blockMagic && binary.LittleEndian.Uint32(b[28:]) == crc32.Checksum(b[:28], castagnoli) {
			return
		}
	}
}

// mark remembers the first place that could not be read. Whether anything is missing shows only in the next sequence.
func (r *Reader) mark(problem string) { r.markAt(r.offset, problem) }

func (r *Reader) markAt(offset int64, problem string) {
	if r.torn == nil {
		r.torn = &DamageError{File: r.name, Offset: offset, Problem: problem}
	}
}

// missing tells what lies between the last block and this one.
func (r *Reader) missing(h header) error {
	if r.next == 0 || h.first == r.next {
		return nil
	}
	damage := r.torn
	if damage == nil {
		damage = &DamageError{File: r.name, Offset: r.offset - int64(h.length) - headerSize, Problem: "the sequence jumps"}
	}
	damage.First, damage.Last = r.next, h.first-1
	return damage
}

// Find gives the entry that stands for a sequence: the decision itself, or the tally that it may be in.
func Find(files Files, sequence uint64) (Entry, error) {
	r, err := Read(files, sequence)
	if err != nil {
		return Entry{}, err
	}
	defer r.Close()
	var damage *DamageError
	for {
		e, err := r.Next()
		switch {
		case errors.As(err, &damage):
			if sequence <= damage.Last {
				return Entry{}, fmt.Errorf("find decision %d: %w", sequence, err)
			}
		case errors.Is(err, io.EOF):
			return Entry{}, fmt.Errorf("find decision %d: the log ends before it", sequence)
		case err != nil:
			return Entry{}, fmt.Errorf("find decision %d: %w", sequence, err)
		case e.Sequence > sequence:
			return Entry{}, fmt.Errorf("find decision %d: the log begins with %d; older segments are removed", sequence, e.Sequence)
		default:
			return e, nil
		}
	}
}
