package policies

import "fmt"

// A situation's key is its place in the closed space of all situations: a dense number, written in mixed radix. What a
// tenant's catalogue fixes for a purpose is the high part, what one visitor's moment adds is the low part, so that the
// situations of one purpose lie side by side.
const (
	// VisitorCount is the number of situations that one purpose can meet.
	VisitorCount = answers * 2 * 2 * 2 * 4
	// PurposeCount is the number of kinds of purpose. One of basis contract is of two kinds: asked for and not.
	PurposeCount = 6 * grounds * 3 * 2 * 4 * 3
	// SituationCount is the number of all situations. Every Key is below it, and every number below it is a Key.
	SituationCount = PurposeCount * VisitorCount

	grounds = 5  // the bases, and a contract that was asked for
	answers = 10 // the answers without a proof, and those with each level of proof
)

// A digit of the key is one part of the situation, or two that are not free of each other: only a contract is asked for, and
// only a consent has a proof. Its values are the combinations that can be.
type digit struct {
	parts  []int
	values [][2]uint8 // of its parts, by the digit's value
}

const digitCount = 11

// digits is the order of the key, the highest first.
var digits = [digitCount]digit{
	plain(partRegime),
	{[]int{partBasis, partRequested}, [][2]uint8{{0, 0}, {1, 0}, {2, 0}, {3, 0}, {uint8(BasisContract), 1}}},
	plain(partAsked),
	plain(partMarketing),
	plain(partDestination),
	plain(partDevice),
	{[]int{partStatus, partProof}, [][2]uint8{
		{uint8(StatusNone), 0},
		{uint8(StatusGiven), 0},
		{uint8(StatusGiven), 1},
		{uint8(StatusGiven), 2},
		{uint8(StatusExplicit), 0},
		{uint8(StatusExplicit), 1},
		{uint8(StatusExplicit), 2},
		{uint8(StatusRefused), 0},
		{uint8(StatusWithdrawn), 0},
		{uint8(StatusExpired), 0},
	}},
	plain(partObjected),
	plain(partRestricted),
	plain(partGPC),
	plain(partAge),
}

// plain is the digit of a part that is free.
func plain(part int) digit {
	d := digit{parts: []int{part}}
	for v := range parts[part].names {
		d.values = append(d.values, [2]uint8{uint8(v)})
	}
	return d
}

// The place of a proved answer: none, given and explicit by proof, refused, withdrawn, expired. See digits.
var answerOf = [...]uint32{
	StatusNone: 0, StatusGiven: 1, StatusExplicit: 4, StatusRefused: 7, StatusWithdrawn: 8, StatusExpired: 9,
}

// Key places a valid situation among all situations. The key of an invalid one is SituationCount, which is no situation's.
// It is written out for the hot path; that it is the number whose digits are those of digits is tested for all situations.
func (s Situation) Key() uint32 {
	if !s.valid() {
		return SituationCount
	}
	ground := uint32(s.Basis)
	if s.Requested {
		ground = grounds - 1
	}
	k := uint32(s.Regime)
	k = k*grounds + ground
	k = k*3 + uint32(s.Asked)
	k = k*2 + uint32(number(s.Marketing))
	k = k*4 + uint32(s.Destination)
	k = k*3 + uint32(s.Device)
	k = k*answers + answerOf[s.Status] + uint32(s.Proof)
	k = k*2 + uint32(number(s.Objected))
	k = k*2 + uint32(number(s.Restricted))
	k = k*2 + uint32(number(s.GPC))
	k = k*4 + uint32(s.Age)
	return k
}

// digitsOf takes a key apart.
func digitsOf(key uint32) (out [digitCount]uint8) {
	for i := digitCount - 1; i >= 0; i-- {
		radix := uint32(len(digits[i].values))
		out[i] = uint8(key % radix)
		key /= radix
	}
	return out
}

// SituationOf is the inverse of Key.
func SituationOf(key uint32) (Situation, error) {
	var s Situation
	if key >= SituationCount {
		return s, fmt.Errorf("situation %d: there are %d", key, SituationCount)
	}
	for i, v := range digitsOf(key) {
		for j, p := range digits[i].parts {
			parts[p].set(&s, digits[i].values[v][j])
		}
	}
	return s, nil
}

// Validate tells whether every part of the situation is one of its values, only a contract is asked for, and only a consent is
// proved.
func (s Situation) Validate() error {
	for i := range parts {
		if v := parts[i].get(&s); int(v) >= len(parts[i].names) {
			return fmt.Errorf("situation: %s %d is out of range", parts[i].key, v)
		}
	}
	if s.Requested && s.Basis != BasisContract {
		return fmt.Errorf("situation: only a purpose of basis contract is asked for, not one of %s", s.Basis)
	}
	if s.Proof != ProofNone && s.Status != StatusGiven && s.Status != StatusExplicit {
		return fmt.Errorf("situation: only a consent is proved, not the answer %s", s.Status)
	}
	return nil
}

// valid is Validate without an error's cost, for the hot path.
func (s *Situation) valid() bool {
	return s.Basis <= BasisLegitimateInterest && s.Asked <= ProfilingDecide && s.Status <= StatusExpired &&
		s.Proof <= ProofDouble && s.Age <= AgeMinor && s.Regime <= RegimeOther &&
		s.Destination <= DestinationNone && s.Device <= DeviceConsented && (!s.Requested || s.Basis == BasisContract) &&
		(s.Proof == ProofNone || s.Status == StatusGiven || s.Status == StatusExplicit)
}
