package profile

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"sync"
)

// MaxPurposes is how many purposes a tenant may ever have: each is one bit.
const MaxPurposes = 32

const kindPurpose = "purpose"

// Dictionary gives a tenant's names their numbers in the store: fields, events, purposes, stages. A number once given is
// never given again and never changes, also when its name is no longer in use. It is safe for concurrent use.
type Dictionary struct {
	store  *Store
	tenant string

	mu    sync.Mutex
	next  uint32 // number of the next row
	ids   map[string]map[string]uint16
	names map[string][]string // by id; purposes begin at 0, the others at 1
}

type dictionaries struct {
	mu       sync.Mutex
	byTenant map[string]*Dictionary
}

// Dictionary gives the dictionary of a tenant: the same one each time.
func (s *Store) Dictionary(tenant string) (*Dictionary, error) {
	s.dictionaries.mu.Lock()
	defer s.dictionaries.mu.Unlock()
	if d := s.dictionaries.byTenant[tenant]; d != nil {
		return d, nil
	}
	d := &Dictionary{store: s, tenant: tenant, ids: make(map[string]map[string]uint16), names: make(map[string][]string)}
	if err := d.load(); err != nil {
		return nil, fmt.Errorf("read the dictionary: %w", err)
	}
	if s.dictionaries.byTenant == nil {
		s.dictionaries.byTenant = make(map[string]*Dictionary)
	}
	s.dictionaries.byTenant[tenant] = d
	return d, nil
}

func (d *Dictionary) load() error {
	sh := d.store.shards[0]
	if err := d.store.enter(sh); err != nil {
		return err
	}
	defer d.store.use.RUnlock()
	var bad error
	err := sh.engine.scan(tenantKey(spaceDictionary, d.tenant), nil, false, func(key, value []byte) bool {
		body, err := openRow(key, value)
		if err != nil {
			bad = err
			return false
		}
		r := newReader(body)
		kind, id, name := r.text(), uint16(r.below(math.MaxUint16)), r.text()
		if bad = r.end(); bad == nil && id != d.free(kind) {
			bad = fmt.Errorf("%w: a row of the dictionary is missing", ErrDamaged)
		}
		d.put(kind, name)
		d.next++
		return bad == nil
	})
	if err == nil {
		err = bad
	}
	return err
}

// free gives the next number of a kind.
func (d *Dictionary) free(kind string) uint16 {
	n := len(d.names[kind])
	if n == 0 && kind != kindPurpose {
		return 1
	}
	return uint16(n)
}

func (d *Dictionary) put(kind, name string) {
	if d.ids[kind] == nil {
		d.ids[kind] = make(map[string]uint16)
		if kind != kindPurpose {
			d.names[kind] = []string{""}
		}
	}
	d.ids[kind][name] = uint16(len(d.names[kind]))
	d.names[kind] = append(d.names[kind], name)
}

// ID gives the number of a name of a kind, such as "field", "event", "purpose" or "stage". A new name gets the next number,
// which is on the disk when ID returns. Purposes are numbered from 0, as bits; all others from 1, so that 0 is none.
func (d *Dictionary) ID(kind, name string) (uint16, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if id, ok := d.ids[kind][name]; ok {
		return id, nil
	}
	most := math.MaxUint16
	if kind == kindPurpose {
		most = MaxPurposes - 1
	}
	id := d.free(kind)
	if len(d.names[kind]) > most {
		return 0, fmt.Errorf("%w: %d names of a kind in the dictionary", ErrFull, len(d.names[kind]))
	}
	if err := d.write(kind, id, name); err != nil {
		return 0, fmt.Errorf("write the dictionary: %w", err)
	}
	d.put(kind, name)
	return id, nil
}

func (d *Dictionary) write(kind string, id uint16, name string) error {
	key := binary.BigEndian.AppendUint32(tenantKey(spaceDictionary, d.tenant), d.next)
	b := appendText(beginRow(nil), kind)
	b = appendText(binary.AppendUvarint(b, uint64(id)), name)
	if err := d.store.put(context.Background(), d.store.shards[0], row{key, endRow(b, key)}); err != nil {
		return err
	}
	d.next++
	return nil
}

// Name gives the name behind a number, and whether there is one.
func (d *Dictionary) Name(kind string, id uint16) (string, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	names := d.names[kind]
	if int(id) >= len(names) || id == 0 && kind != kindPurpose {
		return "", false
	}
	return names[id], true
}

// put commits rows that are no profile's, together with whatever else waits.
func (s *Store) put(ctx context.Context, sh *shard, rows ...row) error {
	o := &op{rows: rows}
	done := o.expect()
	if err := s.enter(sh); err != nil {
		return err
	}
	err := sh.enqueue(o)
	s.use.RUnlock()
	if err != nil {
		return err
	}
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}
