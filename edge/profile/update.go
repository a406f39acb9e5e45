package profile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
)

// MaxProfile is how many bytes a stored profile may have. When one grows beyond, its oldest events go.
const MaxProfile = 256 << 10

// Update is one writer's hold on a profile, from Begin until Commit, CommitEarly or Release. It belongs to one goroutine.
type Update struct {
	store       *Store
	shard       *shard
	entry       *entry
	base        version
	pending     *op // brings base to the disk; nil: it is there
	profile     *Profile
	transitions []Transition
}

// Begin takes the profile of a visitor for writing, and makes an empty one where there is none. One writer at a time: it
// waits for the one before, but not longer than the context and Config.Wait, and then answers ErrBusy. The values whose
// time is over are already gone. Always follow it with defer u.Release().
func (s *Store) Begin(ctx context.Context, tenant string, id VisitorID) (*Update, error) {
	sub := subjectOf(tenant, id)
	sh := s.shards[sub.shard(len(s.shards))]
	e, err := sh.take(ctx, sub, s.wait)
	if err != nil {
		return nil, err
	}
	u := &Update{store: s, shard: sh, entry: e}
	if err := u.load(tenant, id); err != nil {
		u.Release()
		return nil, err
	}
	return u, nil
}

// BeginNew is Begin for an id that was made at random just now: nothing can be stored under it, so nothing is read.
func (s *Store) BeginNew(ctx context.Context, tenant string, id VisitorID) (*Update, error) {
	sub := subjectOf(tenant, id)
	sh := s.shards[sub.shard(len(s.shards))]
	e, err := sh.take(ctx, sub, s.wait)
	if err != nil {
		return nil, err
	}
	u := &Update{store: s, shard: sh, entry: e}
	if err := s.enter(sh); err != nil {
		u.Release()
		return nil, err
	}
	s.use.RUnlock()
	u.base = version{life: e.life}
	u.profile = &Profile{ID: id, Created: At(s.now()), coarsen: s.coarsenOf(tenant)}
	return u, nil
}

func (u *Update) load(tenant string, id VisitorID) error {
	s := u.store
	if err := s.enter(u.shard); err != nil {
		return err
	}
	defer s.use.RUnlock()
	var err error
	if u.base, u.pending, err = u.shard.load(u.entry); err != nil {
		return err
	}
	now, coarsen := s.now(), s.coarsenOf(tenant)
	if u.base.row == nil {
		u.profile = &Profile{ID: id, Created: At(now), coarsen: coarsen}
		return nil
	}
	if u.profile, err = decodeRow(u.entry.subject, u.base); err != nil {
		return err
	}
	u.profile.coarsen = coarsen
	u.profile.Expire(now, coarsen)
	return nil
}

// decodeRow opens the row of a profile.
func decodeRow(sub subject, v version) (*Profile, error) {
	body, err := openRow(sub.profileKey(v.life), v.row)
	if err != nil {
		return nil, err
	}
	return decodeProfile(body, sub.visitor())
}

// Profile is the profile under the update: change it through its methods. It is nil after the update has ended; what was
// got before is then a copy of the caller's own.
func (u *Update) Profile() *Profile { return u.profile }

// Existed tells whether there was a profile before this update.
func (u *Update) Existed() bool { return u.base.row != nil }

// Emit adds a transition to the update: it is stored with the profile, both or neither.
func (u *Update) Emit(t Transition) { u.transitions = append(u.transitions, t) }

// Commit stores the update and waits until it is on the disk. An update that changes nothing is not written, and waits
// only for an earlier one of the same profile that it has seen and that is not on the disk yet. A profile that has become
// empty is erased, an empty one that never was is not written.
//
// ErrBusy means that nothing was stored. Any other error, the context's too, leaves it open whether the update is stored.
func (u *Update) Commit(ctx context.Context) error {
	done, err := u.end()
	if done == nil || err != nil {
		return err
	}
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return fmt.Errorf("wait for the commit: %w", ctx.Err())
	}
}

// CommitEarly hands the update to the committer and does not wait. The channel tells the end, once; it need not be read.
func (u *Update) CommitEarly() <-chan error {
	done, err := u.end()
	if done != nil && err == nil {
		return done
	}
	c := make(chan error, 1)
	c <- err
	return c
}

// Release drops the update and frees the profile. After a commit it does nothing.
func (u *Update) Release() {
	if u.entry != nil {
		u.shard.give(u.entry)
		u.entry, u.profile = nil, nil
	}
}

var errEnded = errors.New("BUG: the update has ended")

// end queues what there is to write, and frees the profile. No channel: there is nothing to wait for.
func (u *Update) end() (<-chan error, error) {
	if u.entry == nil {
		return nil, errEnded
	}
	defer u.Release()
	if err := u.store.enter(u.shard); err != nil {
		return nil, err
	}
	defer u.store.use.RUnlock()
	p := u.profile
	empty := p.Empty() || u.base.row == nil && p.nothingToProve()
	switch {
	case empty && u.base.row == nil:
		return u.seen(), nil
	case empty:
		return u.send(u.erase(p))
	}
	o, err := u.write(p)
	switch {
	case err != nil:
		return nil, err
	case o == nil:
		return u.seen(), nil
	}
	return u.send(o)
}

// seen gives what an update that changes nothing must wait for: the flush of what it has seen.
func (u *Update) seen() <-chan error {
	if u.pending == nil {
		return nil
	}
	u.shard.mu.Lock()
	defer u.shard.mu.Unlock()
	if u.entry.latest != u.pending { // it came to the disk in the meantime
		if u.shard.failed.Load() {
			c := make(chan error, 1)
			c <- u.shard.failure()
			return c
		}
		return nil
	}
	return u.pending.expect()
}

func (u *Update) send(o *op) (<-chan error, error) {
	done := o.expect()
	return done, u.shard.enqueue(o)
}

// write makes the rows of an update; nil when it changes nothing.
func (u *Update) write(p *Profile) (*op, error) {
	life := u.entry.life
	o := &op{entry: u.entry}
	for i := range p.recorded {
		key := u.entry.numberedKey(life, kindConsent, p.consents)
		b, err := appendConsent(beginRow(nil), &p.recorded[i])
		if err != nil {
			return nil, err
		}
		o.rows = append(o.rows, row{key, endRow(b, key)})
		p.consents++
	}
	for i := range u.transitions {
		t := &u.transitions[i]
		key := u.entry.numberedKey(life, kindTransition, p.transitions)
		o.rows = append(o.rows, row{key, endRow(appendTransition(beginRow(nil), t), key)})
		index := u.entry.indexKey(t.At, life, p.transitions)
		o.rows = append(o.rows, row{index, endRow(beginRow(nil), index)})
		p.transitions++
	}
	key := u.entry.profileKey(life)
	for {
		size := 1024
		if u.base.row != nil {
			size = len(u.base.row) + 256
		}
		b, err := appendProfile(beginRow(make([]byte, 0, size)), p)
		if err != nil {
			return nil, err
		}
		if len(b) > MaxProfile && p.trim() {
			continue
		}
		if len(b) > MaxProfile {
			return nil, fmt.Errorf("%w: a profile of %d bytes", ErrFull, len(b))
		}
		b = endRow(b, key)
		if len(o.rows) == 0 && bytes.Equal(b, u.base.row) {
			return nil, nil
		}
		o.rows = append(o.rows, row{key, b})
		o.after = version{row: b, life: life}
		return o, nil
	}
}

// maxTombstones bounds the rows that one erasure replaces. What is beyond cannot be read either, and goes with the purge.
const maxTombstones = 1024

// erase makes the rows that end a life: the erasure, and tombstones in place of all that is there. Tombstones, because a
// purge finds nothing where rows were deleted. The profile may be nil, when its row cannot be read.
func (u *Update) erase(p *Profile) *op {
	life := u.entry.life
	mark := erasure{subject: u.entry.subject, life: life, at: At(u.store.now())}
	o := &op{entry: u.entry, after: version{life: life + 1}}
	o.rows = append(o.rows, mark.row(), row{u.entry.profileKey(life), tombstone})
	if p == nil {
		return o
	}
	for n := range min(p.consents, maxTombstones) {
		o.rows = append(o.rows, row{u.entry.numberedKey(life, kindConsent, n), tombstone})
	}
	for n := range min(p.transitions, maxTombstones) {
		o.rows = append(o.rows, row{u.entry.numberedKey(life, kindTransition, n), tombstone})
	}
	return o
}

// Erase removes all of a visitor (Article 17): it cannot be read any more when Erase returns, and its bytes leave the files
// with the next Purge. What the same visitor does later begins a new life that has nothing of the old one.
func (s *Store) Erase(ctx context.Context, tenant string, id VisitorID) error {
	sub := subjectOf(tenant, id)
	sh := s.shards[sub.shard(len(s.shards))]
	e, err := sh.take(ctx, sub, s.wait)
	if err != nil {
		return err
	}
	u := &Update{store: s, shard: sh, entry: e}
	defer u.Release()
	done, err := u.eraseNow()
	if done == nil || err != nil {
		return err
	}
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return fmt.Errorf("wait for the erasure: %w", ctx.Err())
	}
}

func (u *Update) eraseNow() (<-chan error, error) {
	if err := u.store.enter(u.shard); err != nil {
		return nil, err
	}
	defer u.store.use.RUnlock()
	var err error
	if u.base, u.pending, err = u.shard.load(u.entry); err != nil {
		return nil, err
	}
	if u.base.row == nil {
		return u.seen(), nil
	}
	p, err := decodeRow(u.entry.subject, u.base)
	if err != nil {
		p = nil // a damaged profile must be erasable
	}
	return u.send(u.erase(p))
}
