package content

import "github.com/lotse-edge/lotse/edge/tenant"

// inControl tells whether a visitor is in a slot's control group. The group follows from the slot's name and the visitor's
// id alone: it needs no storage, it is the same on every machine and after every restart, and the groups of two slots are
// independent.
func inControl(slot *tenant.Slot, id []byte) bool {
	return len(id) > 0 && slot.Control > 0 && percentile(slot.Name, id) < slot.Control
}

// percentile is FNV-1a over slot, a zero byte and id, stirred by the finaliser of SplitMix64 because FNV leaves the upper
// bits of short keys poor; then 0 to 99 from the upper half. Changing it would move visitors between groups in the middle
// of a measurement: a test holds its values.
func percentile(slot string, id []byte) int {
	const offset, prime = 0xcbf29ce484222325, 0x100000001b3
	h := uint64(offset)
	for i := range len(slot) {
		h = (h ^ uint64(slot[i])) * prime
	}
	h *= prime // the zero byte
	for _, b := range id {
		h = (h ^ uint64(b)) * prime
	}
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	h ^= h >> 31
	return int((h >> 32) * 100 >> 32)
}
