package profile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"
)

// badgerEngine is one Badger directory. Readers share a snapshot that is renewed after each apply: a reader of its own
// snapshot would wait for the flush that is under way, and one made after a failed commit would see what that commit left.
type badgerEngine struct {
	db       *badger.DB
	writing  sync.Mutex // apply and drop take turns: Badger refuses writes during a drop
	snapshot atomic.Pointer[snapshot]
}

// snapshot is a read transaction in use by refs readers, one of them the engine itself while it is the current one.
type snapshot struct {
	txn  *badger.Txn
	refs atomic.Int64
}

const (
	blockedFor   = 30 * time.Second // how long apply tries while Badger refuses writes
	blockedPause = 2 * time.Millisecond
	rowOverhead  = 64 // bytes that Badger may count for a row beside key and value
)

func openBadger(dir string, cache int64, log *slog.Logger) (engine, error) {
	db, err := badger.Open(badger.DefaultOptions(dir).
		WithSyncWrites(true).
		WithDetectConflicts(false). // one applier
		WithValueThreshold(maxRow). // all values stay in the tables, where a purge reaches them
		WithValueLogFileSize(64 << 20).
		WithMemTableSize(32 << 20).
		WithNumMemtables(3).
		WithNumCompactors(2).
		WithBlockCacheSize(cache).
		WithNumVersionsToKeep(1).
		WithMetricsEnabled(false).
		WithCompression(options.None).
		WithLogger(quiet{log}))
	if err != nil {
		if strings.Contains(err.Error(), "Cannot acquire directory lock") { // Badger has no value for this one
			return nil, ErrInUse
		}
		return nil, fmt.Errorf("open Badger: %w", err)
	}
	e := &badgerEngine{db: db}
	e.renew()
	return e, nil
}

func (e *badgerEngine) renew() {
	s := &snapshot{txn: e.db.NewTransaction(false)}
	s.refs.Store(1)
	if old := e.snapshot.Swap(s); old != nil {
		old.release()
	}
}

func (s *snapshot) release() {
	if s.refs.Add(-1) == 0 {
		s.txn.Discard()
	}
}

func (e *badgerEngine) acquire() *snapshot {
	for {
		s := e.snapshot.Load()
		if n := s.refs.Load(); n > 0 && s.refs.CompareAndSwap(n, n+1) {
			return s
		}
	}
}

func (e *badgerEngine) get(dst, key []byte) ([]byte, bool, error) {
	s := e.acquire()
	defer s.release()
	item, err := s.txn.Get(key)
	if errors.Is(err, badger.ErrKeyNotFound) {
		return dst, false, nil
	}
	if err != nil {
		return dst, false, fmt.Errorf("read a row: %w", bare(err))
	}
	err = item.Value(func(v []byte) error {
		dst = append(dst, v...)
		return nil
	})
	if err != nil {
		return dst, false, fmt.Errorf("read a row: %w", bare(err))
	}
	return dst, true, nil
}

func (e *badgerEngine) apply(rows []row) error {
	e.writing.Lock()
	defer e.writing.Unlock()
	for begun := time.Now(); ; time.Sleep(blockedPause) {
		err := e.commit(rows)
		if err == nil {
			e.renew()
			return nil
		}
		if !errors.Is(err, badger.ErrBlockedWrites) || time.Since(begun) > blockedFor {
			return fmt.Errorf("commit: %w", bare(err))
		}
	}
}

func (e *badgerEngine) commit(rows []row) error {
	txn := e.db.NewTransaction(true)
	defer txn.Discard()
	for _, r := range rows {
		var err error
		if r.value == nil {
			err = txn.Delete(r.key)
		} else {
			err = txn.Set(r.key, r.value)
		}
		if err != nil {
			return err
		}
	}
	return txn.Commit()
}

func (e *badgerEngine) scan(prefix, from []byte, falling bool, visit func(key, value []byte) bool) error {
	s := e.acquire()
	defer s.release()
	o := badger.DefaultIteratorOptions
	o.Prefix, o.Reverse = prefix, falling
	it := s.txn.NewIterator(o)
	defer it.Close()
	switch {
	case from != nil:
		it.Seek(from)
	case falling:
		it.Seek(append(bytes.Clone(prefix), bytes.Repeat([]byte{0xff}, 64)...))
	default:
		it.Seek(prefix)
	}
	for more := true; more && it.ValidForPrefix(prefix); it.Next() {
		item := it.Item()
		err := item.Value(func(v []byte) error {
			more = visit(item.Key(), v)
			return nil
		})
		if err != nil {
			return fmt.Errorf("scan rows: %w", bare(err))
		}
	}
	return nil
}

func (e *badgerEngine) drop(prefixes [][]byte) error {
	e.writing.Lock()
	defer e.writing.Unlock()
	if err := e.db.DropPrefix(prefixes...); err != nil {
		return fmt.Errorf("drop rows: %w", bare(err))
	}
	return nil
}

func (e *badgerEngine) bounds() (rows, size int) {
	return int(e.db.MaxBatchCount()) - 8, int(e.db.MaxBatchSize()) - 4096
}

func (e *badgerEngine) close() error {
	e.snapshot.Load().release()
	if err := e.db.Close(); err != nil {
		return fmt.Errorf("close Badger: %w", bare(err))
	}
	return nil
}

// bare takes off the wrapping in which Badger quotes a key.
func bare(err error) error {
	if inner := errors.Unwrap(err); inner != nil && strings.Contains(err.Error(), "key:") {
		return inner
	}
	return err
}

// quiet forwards Badger's warnings and errors, and drops what it tells beside: that names keys.
type quiet struct{ log *slog.Logger }

func (q quiet) write(level slog.Level, format string, args []any) {
	q.log.Log(context.Background(), level, "badger: "+strings.TrimSpace(fmt.Sprintf(format, args...)))
}

func (q quiet) Errorf(format string, args ...any)   { q.write(slog.LevelError, format, args) }
func (q quiet) Warningf(format string, args ...any) { q.write(slog.LevelWarn, format, args) }
func (q quiet) Infof(string, ...any)                {}
func (q quiet) Debugf(string, ...any)               {}
