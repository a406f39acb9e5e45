package profile

import (
	"context"
	"errors"
	"time"
)

// How long what is over is remembered.
const (
	keepErasures    = 30 * 24 * time.Hour // also the longest that a backup may live
	keepTransitions = 30 * 24 * time.Hour
)

const (
	dropAtOnce = 1024 // prefixes in one drop
	rowsAtOnce = 256
)

// Purge takes the bytes of all erased profiles out of the files, forgets erasures and transitions that are older than 30
// days, and gives the number of lives that it purged. It is a nightly task: while it works, a shard may commit nothing for
// seconds. When it is cut off, by an error or a crash, nothing erased comes back, and the next Purge does the rest.
//
// It reaches the live files. What the device keeps of blocks that were given up, only sealing reaches.
func (s *Store) Purge(ctx context.Context) (purged int, err error) {
	for _, sh := range s.shards {
		n, err := s.purgeShard(ctx, sh)
		purged += n
		if err != nil {
			return purged, err
		}
	}
	return purged, nil
}

func (s *Store) purgeShard(ctx context.Context, sh *shard) (int, error) {
	due, old, err := s.dueForPurge(sh)
	if err != nil {
		return 0, err
	}
	purged := 0
	for len(due) > 0 {
		if err := ctx.Err(); err != nil {
			return purged, err
		}
		n, err := s.drop(ctx, sh, due[:min(dropAtOnce, len(due))])
		purged += n
		if err != nil {
			return purged, err
		}
		due = due[min(dropAtOnce, len(due)):]
	}
	for _, e := range old {
		if err := s.forget(ctx, sh, e.subject); err != nil {
			return purged, err
		}
	}
	return purged, s.dropTransitions(ctx, sh)
}

// remains is the lives of a visitor that were erased and are still in the files: from one up to another.
type remains struct {
	subject
	from, to uint32
}

// dueForPurge gives what is to be purged, and the erasures that need no longer be remembered.
func (s *Store) dueForPurge(sh *shard) (due []remains, old []erasure, err error) {
	if err := s.enter(sh); err != nil {
		return nil, nil, err
	}
	defer s.use.RUnlock()
	before := At(s.now().Add(-keepErasures))
	var bad error
	err = sh.erasures(func(e erasure) {
		below, err := sh.purgedBelow(e.subject)
		switch {
		case err != nil:
			bad = errors.Join(bad, err)
		case below <= e.life:
			due = append(due, remains{e.subject, below, e.life})
		case e.at < before:
			old = append(old, e)
		}
	})
	return due, old, errors.Join(err, bad)
}

// drop takes the lives out of the files and notes that it is done.
func (s *Store) drop(ctx context.Context, sh *shard, due []remains) (int, error) {
	var prefixes [][]byte
	for i := range due {
		for life := due[i].from; life <= due[i].to; life++ {
			prefixes = append(prefixes, due[i].lifeKey(life))
		}
	}
	if err := s.dropPrefixes(sh, prefixes); err != nil {
		return 0, err
	}
	for len(due) > 0 {
		part := due[:min(rowsAtOnce, len(due))]
		rows := make([]row, len(part))
		for i := range part {
			rows[i] = part[i].purgeRow(part[i].to + 1)
		}
		if err := s.put(ctx, sh, rows...); err != nil {
			return 0, err
		}
		due = due[len(part):]
	}
	return len(prefixes), nil
}

func (s *Store) dropPrefixes(sh *shard, prefixes [][]byte) error {
	if err := s.enter(sh); err != nil {
		return err
	}
	defer s.use.RUnlock()
	if err := sh.engine.drop(prefixes); err != nil {
		sh.fail(err) // what the engine is after a drop that was cut off is not known
		return sh.failure()
	}
	for _, prefix := range prefixes {
		left := false
		err := sh.engine.scan(prefix, nil, false, func(_, _ []byte) bool {
			left = true
			return false
		})
		if err != nil {
			return err
		}
		if left {
			return errors.New("a purge left rows behind")
		}
	}
	return nil
}

// forget removes the records of an erasure, unless the visitor has a life: its rows are found through them.
func (s *Store) forget(ctx context.Context, sh *shard, sub subject) error {
	e, err := sh.take(ctx, sub, s.wait)
	if errors.Is(err, ErrBusy) {
		return nil // in use: the next purge will see
	}
	if err != nil {
		return err
	}
	u := &Update{store: s, shard: sh, entry: e}
	defer u.Release()
	done, err := u.forget()
	if done == nil || err != nil {
		return err
	}
	return <-done
}

func (u *Update) forget() (<-chan error, error) {
	if err := u.store.enter(u.shard); err != nil {
		return nil, err
	}
	defer u.store.use.RUnlock()
	v, pending, err := u.shard.load(u.entry)
	if err != nil || v.row != nil || pending != nil {
		return nil, err
	}
	// An erasure may have come since the list was made: look again, with the turn in hand.
	below, err := u.shard.purgedBelow(u.entry.subject)
	if err != nil || below != u.entry.life {
		return nil, err
	}
	return u.send(&op{entry: u.entry, forget: true, rows: []row{{u.entry.erasureKey(), nil}, {u.entry.purgeKey(), nil}}})
}

// dropTransitions removes the transitions that are older than keepTransitions.
func (s *Store) dropTransitions(ctx context.Context, sh *shard) error {
	before := At(s.now().Add(-keepTransitions))
	tenant := []byte(nil)
	for {
		rows, next, err := s.oldTransitions(sh, before, tenant)
		if err != nil {
			return err
		}
		if len(rows) > 0 {
			if err := s.put(ctx, sh, rows...); err != nil {
				return err
			}
		}
		if next == nil {
			return nil
		}
		tenant = next
	}
}

// oldTransitions gives rows that remove old transitions, and where to go on; nil: there are no more.
func (s *Store) oldTransitions(sh *shard, before Millis, from []byte) (rows []row, next []byte, err error) {
	if err := s.enter(sh); err != nil {
		return nil, nil, err
	}
	defer s.use.RUnlock()
	err = sh.engine.scan([]byte{keyFormat, spaceTransition}, from, false, func(key, _ []byte) bool {
		sub, at, life, number, ok := splitIndexKey(key)
		if !ok {
			return true
		}
		if at >= before { // the rest of this tenant is younger: go on with the next tenant
			next = afterTenant(key)
			return false
		}
		rows = append(rows, row{append([]byte(nil), key...), nil})
		if !sh.over(sub, life) { // rows of an erased life go with its prefix, which must not be touched before
			rows = append(rows, row{sub.numberedKey(life, kindTransition, number), nil})
		}
		if len(rows) >= 2*rowsAtOnce {
			next = append([]byte(nil), key...)
			return false
		}
		return true
	})
	return rows, next, err
}

// afterTenant gives the first key that no key of the same tenant reaches; nil where there is none.
func afterTenant(key []byte) []byte {
	k := append([]byte(nil), key[:2+tenantSize]...)
	for i := len(k) - 1; i >= 2; i-- {
		if k[i]++; k[i] != 0 {
			return k
		}
	}
	return nil
}

// Sweep brings the profiles of a tenant up to the hour: values and events whose time is over go, and profiles that are
// empty then are erased. Visitors who come back need no sweep; it is for those who do not. It gives the number of profiles
// that it changed.
func (s *Store) Sweep(ctx context.Context, tenant string) (changed int, err error) {
	var due []VisitorID
	err = s.eachRow(ctx, tenant, func(p *Profile) error {
		if _, changed := p.expire(At(s.now()), s.coarsenOf(tenant)); changed || p.Empty() {
			due = append(due, p.ID)
		}
		return nil
	})
	for _, id := range due {
		if err != nil {
			break
		}
		var u *Update
		if u, err = s.Begin(ctx, tenant, id); errors.Is(err, ErrBusy) {
			err = nil // in use, and so already brought up to the hour
			continue
		} else if err == nil {
			changed++
			err = u.Commit(ctx)
		}
	}
	return changed, err
}
