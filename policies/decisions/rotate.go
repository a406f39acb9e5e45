package decisions

import (
	"cmp"
	"errors"
	"fmt"
	"time"
)

// beginSegment starts the next file.
func (l *Log) beginSegment(now time.Time) error {
	l.number++ // a number that failed is not tried again: its file may be there
	s := segment{name: segmentName(l.number), number: l.number, first: l.written, begun: now.UTC().Truncate(time.Minute)}
	f, err := l.config.Files.Create(s.name)
	if err != nil {
		return fmt.Errorf("begin %s: %w", s.name, err)
	}
	header := s.header()
	if n, err := f.Write(header); n < len(header) {
		// An empty segment that cannot be removed does no harm: it has no decisions.
		return fmt.Errorf("begin %s: %w", s.name, errors.Join(cmp.Or(err, errShort), f.Close(), l.config.Files.Remove(s.name)))
	}
	l.file, l.size = f, int64(len(header))
	l.segments = append(l.segments, s)
	return nil
}

// endSegment puts the last file on the disk for good.
func (l *Log) endSegment() error {
	if l.file == nil {
		return nil
	}
	f, name := l.file, l.segments[len(l.segments)-1].name
	l.file = nil
	if err := errors.Join(f.Close(), l.config.Files.Sync(name)); err != nil {
		return fmt.Errorf("end %s: %w", name, err)
	}
	return nil
}

// secure makes durable what a process that did not close its log left: counts must never be saved that a power loss can
// take from the log.
func (l *Log) secure() error {
	for i, s := range l.segments {
		if next := firstOf(l.segments[i+1:]); next > 0 && next <= l.saved+1 {
			continue
		}
		if err := l.config.Files.Sync(s.name); err != nil {
			return fmt.Errorf("sync %s: %w", s.name, err)
		}
	}
	return nil
}

// rotate ends a segment, saves the counts, so that a start has little to count, and removes segments that are too old.
func (l *Log) rotate() {
	if err := errors.Join(l.endSegment(), l.save()); err != nil {
		l.config.Report(err)
	}
	l.retain()
}

// save writes the counts down. They hold all that was taken from the buffer, written or not.
func (l *Log) save() error {
	if l.totals.sequence == l.saved {
		return nil
	}
	if err := l.config.Files.Replace(countsName, l.totals.encode()); err != nil {
		return fmt.Errorf("save the counts of decisions: %w", err)
	}
	l.saved = l.totals.sequence
	return nil
}

// retain removes the oldest segments: those beyond the number, and those that ended too long ago. A segment whose decisions
// are in no saved counts stays.
func (l *Log) retain() {
	oldest := l.config.Now().Add(-l.config.KeepFor)
	for len(l.segments) > 1 && (len(l.segments) > l.config.KeepSegments || l.segments[1].begun.Before(oldest)) {
		if next := firstOf(l.segments[1:]); next == 0 || next > l.saved+1 {
			return
		}
		if err := l.config.Files.Remove(l.segments[0].name); err != nil {
			l.config.Report(fmt.Errorf("remove %s: %w", l.segments[0].name, err))
			return
		}
		l.segments = l.segments[1:]
	}
}

// firstOf is the first sequence of segments, 0 where no header tells it.
func firstOf(list []segment) uint64 {
	for _, s := range list {
		if s.first > 0 {
			return s.first
		}
	}
	return 0
}
