package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
)

// journal remembers which rows a server has taken, so that an interrupted import goes on where it stopped. It is a text
// file that only grows: one line that binds it to the CSV file and the mapping, then the number of each row that is done,
// in no order. Numbers mean the same rows because the file is bound to their content, and they tell nothing about anybody.
//
// A line that a crash cut short is dropped. A row that was taken and not written down is sent once more: its event ids
// are the same, so nothing counts twice.
type journal struct {
	file     *os.File // nil: nothing is remembered
	done     map[int]bool
	unsynced int
}

// syncEvery is the number of rows between two flushes to the disk.
const syncEvery = 256

// openJournal opens or begins the journal. With restart, what it holds is thrown away. An empty path remembers nothing.
func openJournal(path, digest string, restart bool) (*journal, error) {
	j := &journal{done: map[int]bool{}}
	if path == "" {
		return j, nil
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := j.load(f, "lotse import 1 "+digest+"\n", restart); err != nil {
		f.Close()
		return nil, err
	}
	j.file = f
	return j, nil
}

func (j *journal) load(f *os.File, header string, restart bool) error {
	raw, err := io.ReadAll(f)
	if err != nil {
		return err
	}
	if restart || len(raw) == 0 {
		if err := f.Truncate(0); err != nil {
			return err
		}
		if _, err := f.WriteAt([]byte(header), 0); err != nil {
			return err
		}
		_, err = f.Seek(int64(len(header)), io.SeekStart)
		return err
	}
	rest, ok := bytes.CutPrefix(raw, []byte(header))
	if !ok {
		return errors.New("it belongs to another CSV file, mapping or server, or to one that has changed: name another file, or start over with --restart")
	}
	whole := len(header)
	for {
		line, after, found := bytes.Cut(rest, []byte{'\n'})
		n, err := strconv.Atoi(string(line))
		if !found || err != nil || n <= 0 {
			break // cut short; what follows is not trusted
		}
		j.done[n] = true
		whole += len(line) + 1
		rest = after
	}
	if err := f.Truncate(int64(whole)); err != nil {
		return err
	}
	_, err = f.Seek(int64(whole), io.SeekStart)
	return err
}

// add writes a row down.
func (j *journal) add(row int) error {
	if j.file == nil {
		return nil
	}
	if _, err := j.file.WriteString(strconv.Itoa(row) + "\n"); err != nil {
		return fmt.Errorf("write the state: %w", err)
	}
	if j.unsynced++; j.unsynced < syncEvery {
		return nil
	}
	return j.sync()
}

func (j *journal) sync() error {
	j.unsynced = 0
	if err := j.file.Sync(); err != nil {
		return fmt.Errorf("write the state: %w", err)
	}
	return nil
}

func (j *journal) close() error {
	if j.file == nil {
		return nil
	}
	return errors.Join(j.sync(), j.file.Close())
}
