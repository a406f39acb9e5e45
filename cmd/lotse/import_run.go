package main

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// importer reads rows, sends them side by side and keeps count. One goroutine reads, some send, and the caller's own one
// writes the journal and the tallies; so nothing is shared and nothing is locked.
type importer struct {
	mapping     *mapping
	mappingFile string
	sender      *sender
	journal     *journal
	now         time.Time // the moment of every row that has none of its own
	concurrency int
	limit       int // rows to read; 0: all
	strict      bool
	progress    func(t *tally, read int64)
}

// rowJob is a row on its way: mapped, or with what is wrong with it.
type rowJob struct {
	row     int // from 1, the header not counted
	body    []byte
	skipped bool // done by an earlier run
	read    int64
	err     error
}

type rowResult struct {
	rowJob
	answer  *rowAnswer
	retries int
}

// run imports the file. The tally is valid also when it fails.
func (im *importer) run(ctx context.Context, file io.Reader) (*tally, error) {
	t := newTally()
	reader := csv.NewReader(withoutBOM(file))
	reader.Comma = im.mapping.separator
	reader.ReuseRecord = true
	header, err := reader.Read()
	if errors.Is(err, io.EOF) {
		return t, errors.New("the CSV file is empty")
	}
	if err != nil {
		return t, fmt.Errorf("read the CSV file's first line: %w", csvError(err))
	}
	if err := im.mapping.bind(im.mappingFile, header); err != nil {
		return t, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	jobs := make(chan rowJob, im.concurrency)
	results := make(chan rowResult, im.concurrency)
	go func() {
		defer close(jobs)
		if err := im.read(ctx, reader, jobs); err != nil {
			cancel(err)
		}
	}()
	var senders sync.WaitGroup
	for range im.concurrency {
		senders.Go(func() { im.send(ctx, cancel, jobs, results) })
	}
	go func() {
		senders.Wait()
		close(results)
	}()
	for r := range results {
		if err := im.record(t, r); err != nil {
			cancel(err)
		}
	}
	// The cause is nil when nobody cancelled; the deferred cancel comes later.
	return t, context.Cause(ctx)
}

// read maps the rows in order. A row whose number of columns is wrong is a row's problem; a broken quote is the file's,
// because nobody knows where the next row begins.
func (im *importer) read(ctx context.Context, reader *csv.Reader, jobs chan<- rowJob) error {
	keys := map[string]bool{}
	for n := 1; im.limit == 0 || n <= im.limit; n++ {
		record, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		job := rowJob{row: n, read: reader.InputOffset()}
		switch {
		case errors.Is(err, csv.ErrFieldCount):
			job.err = errors.New("the row has another number of columns than the first line")
		case err != nil:
			return fmt.Errorf("read row %d: %w", n, csvError(err))
		case keys[record[im.mapping.key.index]]:
			job.err = im.mapping.key.wrong("an earlier row has the same key")
		default:
			// A field shares its memory with the whole row, which need not be kept.
			keys[strings.Clone(record[im.mapping.key.index])] = true
			if job.skipped = im.journal.done[n]; !job.skipped {
				job.body, job.err = im.mapping.request(record, im.now)
			}
		}
		select {
		case jobs <- job:
		case <-ctx.Done():
			return nil
		}
	}
	return nil
}

// csvError drops the text of a parser's error, where it could repeat what is in the file.
func csvError(err error) error {
	if p, ok := errors.AsType[*csv.ParseError](err); ok {
		return fmt.Errorf("line %d: %w", p.Line, p.Err)
	}
	return err
}

func (im *importer) send(ctx context.Context, cancel context.CancelCauseFunc, jobs <-chan rowJob, results chan<- rowResult) {
	for job := range jobs {
		r := rowResult{rowJob: job}
		if job.err == nil && !job.skipped {
			r.answer, r.retries, r.err = im.sender.post(ctx, job.body)
			if _, ok := errors.AsType[*refused](r.err); r.err != nil && !ok {
				cancel(r.err)
				continue // not taken and not refused: the next run sends it
			}
		}
		results <- r
	}
}

// record counts a result and writes a taken row down.
func (im *importer) record(t *tally, r rowResult) error {
	t.count(r)
	im.progress(t, r.read)
	switch {
	case r.err != nil && im.strict:
		return fmt.Errorf("row %d: %w", r.row, r.err)
	case r.err != nil || r.skipped:
		return nil
	}
	return im.journal.add(r.row)
}

// withoutBOM skips the byte order mark that spreadsheets put before UTF-8.
func withoutBOM(file io.Reader) io.Reader {
	b := bufio.NewReaderSize(file, 64<<10)
	if mark, err := b.Peek(3); err == nil && string(mark) == "\xef\xbb\xbf" {
		if _, err := b.Discard(3); err != nil {
			panic("BUG: what was peeked cannot be skipped")
		}
	}
	return b
}
