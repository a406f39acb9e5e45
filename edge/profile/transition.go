package profile

import (
	"context"
	"errors"
	"slices"
)

// Transition is something that changed in what is derived of a visitor: the outbox. It is stored with the update that
// caused it, both or neither.
type Transition struct {
	Visitor VisitorID
	At      Millis
	Kind    string // such as "stage", "segment", "band"
	Name    string // of the score, where a band changed
	From    string
	To      string
}

func appendTransition(b []byte, t *Transition) []byte {
	b = appendInt(b, int64(t.At))
	for _, s := range [...]string{t.Kind, t.Name, t.From, t.To} {
		b = appendText(b, s)
	}
	return b
}

func decodeTransition(key, value []byte, id VisitorID) (Transition, bool, error) {
	body, err := openRow(key, value)
	if err != nil || body == nil {
		return Transition{}, false, err
	}
	r := newReader(body)
	t := Transition{Visitor: id, At: Millis(r.int()), Kind: r.text(), Name: r.text(), From: r.text(), To: r.text()}
	return t, true, r.end()
}

// Transitions gives the newest transitions of a tenant, the newest first, at most limit. Those of erased visitors are gone.
func (s *Store) Transitions(ctx context.Context, tenant string, limit int) ([]Transition, error) {
	var all []Transition
	for _, sh := range s.shards {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		list, err := s.transitionsOf(sh, tenant, limit)
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
	}
	slices.SortStableFunc(all, func(a, b Transition) int {
		switch {
		case a.At > b.At:
			return -1
		case a.At < b.At:
			return 1
		default:
			return 0
		}
	})
	return all[:min(limit, len(all))], nil
}

func (s *Store) transitionsOf(sh *shard, tenant string, limit int) ([]Transition, error) {
	if err := s.enter(sh); err != nil {
		return nil, err
	}
	defer s.use.RUnlock()
	var list []Transition
	var bad error
	err := sh.engine.scan(tenantKey(spaceTransition, tenant), nil, true, func(key, _ []byte) bool {
		if len(list) >= limit {
			return false
		}
		sub, _, life, number, ok := splitIndexKey(key)
		if !ok {
			bad = ErrDamaged
			return false
		}
		rowKey := sub.numberedKey(life, kindTransition, number)
		value, found, err := sh.engine.get(nil, rowKey)
		if err != nil {
			bad = err
			return false
		}
		if !found {
			return true
		}
		t, ok, err := decodeTransition(rowKey, value, sub.visitor())
		if err != nil {
			bad = err
			return false
		}
		if ok && !sh.over(sub, life) {
			list = append(list, t)
		}
		return true
	})
	return list, errors.Join(err, bad)
}

// over tells whether a life was erased.
func (s *shard) over(sub subject, life uint32) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return life < s.lives[sub]
}
