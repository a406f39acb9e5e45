package profile

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// Config says where a store lies and how big it may be in memory. The zero value of a field means the default.
type Config struct {
	Dir    string           // the store's own directory
	Shards int              // default 4; fixed when the store is made
	Now    func() time.Time // default time.Now
	Wait   time.Duration    // the longest wait for a profile's writer; default one second
	Queue  int              // updates that may wait in a shard; default 4,096
	Cache  int64            // bytes of Badger's caches of all shards; default 64 MiB
	Hot    int64            // bytes of hot profiles of all shards; default 64 MiB
	Log    *slog.Logger     // default: none

	// Coarsen makes a tenant's values coarser when the time is over in which a purpose could have them as they are. Without
	// it they go.
	Coarsen func(tenant string, field uint16, v Value) Value

	open func(dir string) (engine, error) // tests put another engine here
}

const (
	defaultShards = 4
	maxShards     = 64
)

// Validate tells what is wrong with a Config.
func (c *Config) Validate() error {
	var errs []error
	if c.Dir == "" && c.open == nil {
		errs = append(errs, errors.New("the profile store needs a directory"))
	}
	if c.Shards < 0 || c.Shards > maxShards {
		errs = append(errs, fmt.Errorf("the number of shards is %d; it must be 1 to %d", c.Shards, maxShards))
	}
	if c.Wait < 0 || c.Queue < 0 || c.Cache < 0 || c.Hot < 0 {
		errs = append(errs, errors.New("a bound of the profile store is negative"))
	}
	return errors.Join(errs...)
}

// Store is the profile store. It is safe for concurrent use.
type Store struct {
	shards  []*shard
	now     func() time.Time
	wait    time.Duration
	coarsen func(tenant string, field uint16, v Value) Value

	use    sync.RWMutex // held for reading by all who touch an engine or a queue
	closed bool

	dictionaries dictionaries
}

// Open opens a store, and makes one where there is none. It refuses a format that it does not know, another number of
// shards than the store was made with, and a shard that is missing or lies in another's place.
func Open(c Config) (*Store, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	s := &Store{now: c.Now, wait: c.Wait, coarsen: c.Coarsen}
	if s.now == nil {
		s.now = time.Now
	}
	if s.wait == 0 {
		s.wait = time.Second
	}
	if c.Queue == 0 {
		c.Queue = 4096
	}
	if c.Cache == 0 {
		c.Cache = 64 << 20
	}
	if c.Hot == 0 {
		c.Hot = 64 << 20
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	shards, fresh, err := openFormat(&c)
	if err != nil {
		return nil, err
	}
	if c.open == nil {
		c.open = func(dir string) (engine, error) { return openBadger(dir, c.Cache/int64(shards), c.Log) }
	}
	for i := range shards {
		if err := s.openShard(&c, i, shards, fresh); err != nil {
			return nil, errors.Join(fmt.Errorf("open shard %d: %w", i, err), s.Close())
		}
	}
	if fresh {
		if err := writeFormat(&c, shards); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	return s, nil
}

func (s *Store) openShard(c *Config, i, shards int, fresh bool) error {
	e, err := c.open(shardDir(c.Dir, i))
	if err != nil {
		return err
	}
	err = checkShard(e, i, shards, fresh)
	if err == nil {
		var sh *shard
		if sh, err = newShard(e, c.Queue, c.Hot/int64(shards)); err == nil {
			s.shards = append(s.shards, sh)
			return nil
		}
	}
	return errors.Join(err, e.close())
}

// Close ends the store: what is queued is committed first.
func (s *Store) Close() error {
	s.use.Lock()
	if s.closed {
		s.use.Unlock()
		return nil
	}
	s.closed = true
	s.use.Unlock()
	var errs []error
	for _, sh := range s.shards {
		close(sh.queue)
	}
	for _, sh := range s.shards {
		<-sh.ended
		errs = append(errs, sh.engine.close())
	}
	return errors.Join(errs...)
}

// enter is called before an engine or a queue is touched; s.use.RUnlock after it, unless there is an error.
func (s *Store) enter(sh *shard) error {
	s.use.RLock()
	switch {
	case s.closed:
		s.use.RUnlock()
		return ErrClosed
	case sh.failed.Load():
		s.use.RUnlock()
		return sh.failure()
	}
	return nil
}

func (s *Store) coarsenOf(tenant string) Coarsen {
	if s.coarsen == nil {
		return nil
	}
	return func(field uint16, v Value) Value { return s.coarsen(tenant, field, v) }
}

// Read gives a copy of a visitor's profile as it is on the disk, without the values whose time is over, and whether there
// is one. It takes no turn and waits for nobody; an update that is being committed may not be in it yet.
func (s *Store) Read(_ context.Context, tenant string, id VisitorID) (*Profile, bool, error) {
	sub := subjectOf(tenant, id)
	sh := s.shards[sub.shard(len(s.shards))]
	if err := s.enter(sh); err != nil {
		return nil, false, err
	}
	defer s.use.RUnlock()
	v, err := sh.peek(sub)
	if err != nil || v.row == nil {
		return nil, false, err
	}
	p, err := decodeRow(sub, v)
	if err != nil {
		return nil, false, err
	}
	p.Expire(s.now(), s.coarsenOf(tenant))
	return p, !p.Empty(), nil
}

// ConsentHistory gives all records of a visitor's consent, the oldest first.
func (s *Store) ConsentHistory(_ context.Context, tenant string, id VisitorID) ([]Consent, error) {
	sub := subjectOf(tenant, id)
	sh := s.shards[sub.shard(len(s.shards))]
	if err := s.enter(sh); err != nil {
		return nil, err
	}
	defer s.use.RUnlock()
	sh.mu.Lock()
	life := sh.lives[sub]
	sh.mu.Unlock()
	var list []Consent
	var bad error
	err := sh.engine.scan(append(sub.lifeKey(life), kindConsent), nil, false, func(key, value []byte) bool {
		c, ok, err := decodeConsent(key, value)
		if ok {
			list = append(list, c)
		}
		bad = err
		return err == nil
	})
	return list, errors.Join(err, bad)
}

// page is how many profiles Each reads at once, so that no snapshot is held for long.
const page = 256

// Each calls f with a copy of every profile of a tenant, in no useful order, until f gives an error, which Each gives back.
// Profiles that come or go meanwhile may be seen or not.
func (s *Store) Each(ctx context.Context, tenant string, f func(*Profile) error) error {
	now, coarsen := s.now(), s.coarsenOf(tenant)
	return s.eachRow(ctx, tenant, func(p *Profile) error {
		if p.Expire(now, coarsen); p.Empty() {
			return nil
		}
		return f(p)
	})
}

// eachRow is Each with the profiles as they are stored.
func (s *Store) eachRow(ctx context.Context, tenant string, f func(*Profile) error) error {
	for _, sh := range s.shards {
		for from := []byte(nil); ; {
			if err := ctx.Err(); err != nil {
				return err
			}
			list, next, err := s.pageOf(sh, tenant, from)
			if err != nil {
				return err
			}
			for _, p := range list {
				if err := f(p); err != nil {
					return err
				}
			}
			if next == nil {
				break
			}
			from = next
		}
	}
	return nil
}

func (s *Store) pageOf(sh *shard, tenant string, from []byte) (list []*Profile, next []byte, err error) {
	if err := s.enter(sh); err != nil {
		return nil, nil, err
	}
	defer s.use.RUnlock()
	var bad error
	rows := 0
	err = sh.engine.scan(tenantKey(spaceVisitor, tenant), from, false, func(key, value []byte) bool {
		if rows++; len(list) == page || rows > 8*page {
			next = append([]byte(nil), key...)
			return false
		}
		sub, life, kind, ok := splitVisitorKey(key)
		if !ok || kind != kindProfile || sh.over(sub, life) {
			return true
		}
		body, err := openRow(key, value)
		if err != nil || body == nil {
			bad = err
			return err == nil
		}
		p, err := decodeProfile(body, sub.visitor())
		if err != nil {
			bad = err
			return false
		}
		list = append(list, p)
		return true
	})
	return list, next, errors.Join(err, bad)
}
