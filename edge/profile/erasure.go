package profile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// erasure is the record that a life of a visitor, and all before it, was erased, and when. It outlives the purge, so that
// what an older backup brings back can be erased again.
type erasure struct {
	subject
	life uint32
	at   Millis
}

func (e *erasure) row() row {
	key := e.erasureKey()
	b := binary.AppendUvarint(beginRow(nil), uint64(e.life))
	return row{key, endRow(appendInt(b, int64(e.at)), key)}
}

func decodeErasure(key, value []byte) (e erasure, err error) {
	body, err := openRow(key, value)
	if err != nil {
		return e, err
	}
	if len(key) != 2+subjectSize {
		return e, fmt.Errorf("%w: the key of an erasure", ErrDamaged)
	}
	copy(e.subject[:], key[2:])
	r := newReader(body)
	e.life, e.at = uint32(r.below(math.MaxUint32-1)), Millis(r.int())
	return e, r.end()
}

// erasures reads all records of erasures of a shard.
func (s *shard) erasures(visit func(erasure)) error {
	var bad error
	err := s.engine.scan([]byte{keyFormat, spaceErasure}, nil, false, func(key, value []byte) bool {
		e, err := decodeErasure(key, value)
		if err == nil {
			visit(e)
		}
		bad = err
		return err == nil
	})
	return errors.Join(err, bad)
}

// purgeRow says that the lives below one are out of the files.
func (s *subject) purgeRow(below uint32) row {
	key := s.purgeKey()
	return row{key, endRow(binary.AppendUvarint(beginRow(nil), uint64(below)), key)}
}

// purgedBelow gives the life below which a visitor's lives are out of the files.
func (s *shard) purgedBelow(sub subject) (uint32, error) {
	key := sub.purgeKey()
	value, found, err := s.engine.get(nil, key)
	if err != nil || !found {
		return 0, err
	}
	body, err := openRow(key, value)
	if err != nil {
		return 0, err
	}
	r := newReader(body)
	below := uint32(r.below(math.MaxUint32))
	return below, r.end()
}
