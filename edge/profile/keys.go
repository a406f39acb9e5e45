package profile

import (
	"crypto/sha256"
	"encoding/binary"
)

// Keys of format 1. All begin with the format and a space, one byte each, and are of fixed length within their space, so
// that the prefix of one visitor is never the beginning of another's.
//
//	p tenant(16) visitor(16) life(4) kind(1) [number(4)]   rows of a visitor; kinds: profile, consent, transition
//	e tenant(16) visitor(16)                               the erasures: the last life that was erased, and when
//	f tenant(16) visitor(16)                               the purges: the lives below this one are out of the files
//	t tenant(16) millis(8) visitor(16) life(4) number(4)   index of the transitions by time, no value
//	d tenant(16) kind(1) number(2)                         dictionary, in shard 0
//	s                                                      which shard this is
//
// A tenant is the first half of the SHA-256 of its id. A visitor has a first life 0; an erasure ends a life, and what the
// same visitor does later begins the next. So nothing of an erased life can be read again, whatever a purge that was cut
// off has left, and a purge never meets rows in use.
const (
	keyFormat = 1

	spaceVisitor    = 'p'
	spaceErasure    = 'e'
	spacePurge      = 'f'
	spaceTransition = 't'
	spaceDictionary = 'd'
	spaceShard      = 's'

	kindProfile    = 'a' // sorts before the others: a scan meets it first
	kindConsent    = 'c'
	kindTransition = 't'
)

const (
	tenantSize     = 16
	subjectSize    = tenantSize + 16
	lifeKeySize    = 2 + subjectSize + 4
	profileKeySize = lifeKeySize + 1
	indexKeySize   = 2 + tenantSize + 8 + 16 + 4 + 4
)

// subject is a visitor of a tenant: what a profile is found by.
type subject [subjectSize]byte

func subjectOf(tenant string, id VisitorID) subject {
	var s subject
	h := sha256.Sum256([]byte(tenant))
	copy(s[:tenantSize], h[:])
	copy(s[tenantSize:], id[:])
	return s
}

func (s *subject) visitor() (id VisitorID) {
	copy(id[:], s[tenantSize:])
	return id
}

// shard spreads subjects over n shards. Visitors' ids need not be random.
func (s *subject) shard(n int) int {
	x := binary.LittleEndian.Uint64(s[0:]) ^ binary.LittleEndian.Uint64(s[16:])*0x9e3779b97f4a7c15 ^ binary.LittleEndian.Uint64(s[24:])
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	x ^= x >> 31
	return int(x % uint64(n))
}

func tenantKey(space byte, tenant string) []byte {
	h := sha256.Sum256([]byte(tenant))
	return append([]byte{keyFormat, space}, h[:tenantSize]...)
}

// lifeKey is the prefix of all rows of one life of a visitor.
func (s *subject) lifeKey(life uint32) []byte {
	k := make([]byte, 0, lifeKeySize+5)
	k = append(k, keyFormat, spaceVisitor)
	k = append(k, s[:]...)
	return binary.BigEndian.AppendUint32(k, life)
}

func (s *subject) profileKey(life uint32) []byte { return append(s.lifeKey(life), kindProfile) }

func (s *subject) numberedKey(life uint32, kind byte, number uint32) []byte {
	return binary.BigEndian.AppendUint32(append(s.lifeKey(life), kind), number)
}

func (s *subject) erasureKey() []byte {
	return append([]byte{keyFormat, spaceErasure}, s[:]...)
}

func (s *subject) purgeKey() []byte {
	return append([]byte{keyFormat, spacePurge}, s[:]...)
}

func (s *subject) indexKey(at Millis, life, number uint32) []byte {
	k := make([]byte, 0, indexKeySize)
	k = append(k, keyFormat, spaceTransition)
	k = append(k, s[:tenantSize]...)
	k = binary.BigEndian.AppendUint64(k, uint64(at))
	k = append(k, s[tenantSize:]...)
	k = binary.BigEndian.AppendUint32(k, life)
	return binary.BigEndian.AppendUint32(k, number)
}

// splitIndexKey takes an index key apart.
func splitIndexKey(k []byte) (s subject, at Millis, life, number uint32, ok bool) {
	if len(k) != indexKeySize {
		return s, 0, 0, 0, false
	}
	copy(s[:tenantSize], k[2:])
	k = k[2+tenantSize:]
	at = Millis(binary.BigEndian.Uint64(k))
	copy(s[tenantSize:], k[8:])
	return s, at, binary.BigEndian.Uint32(k[24:]), binary.BigEndian.Uint32(k[28:]), true
}

// splitVisitorKey takes the key of a visitor's row apart.
func splitVisitorKey(k []byte) (s subject, life uint32, kind byte, ok bool) {
	if len(k) < profileKeySize {
		return s, 0, 0, false
	}
	copy(s[:], k[2:])
	return s, binary.BigEndian.Uint32(k[2+subjectSize:]), k[lifeKeySize], true
}
