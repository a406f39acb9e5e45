package policies

import (
	"fmt"
)

// A situation's key is its place in the closed space of all situations: a dense number, written in mixed radix. What a
// tenant's catalogue fixes for a purpose is the high part, what one visitor's moment adds is the low part, so that the
// situations of one purpose lie side by side. Whether a contract was asked for counts as a fifth basis: it is a question
// for one basis only, and must not double the others.
const (
	// VisitorCount is the number of situations that one purpose can meet.
	VisitorCount = 6 * 3 * 2 * 2 * 2 * 4
	// PurposeCount is the number of kinds of purpose. One of basis contract is of two kinds: asked for and not.
	PurposeCount = 6 * grounds * 3 * 2 * 4 * 3
	// SituationCount is the number of all situations. Every Key is below it, and every number below it is a Key.
	SituationCount = PurposeCount * VisitorCount

	grounds           = 5
	requestedContract = grounds - 1
)

// Key places a valid situation among all situations. The key of an invalid one is SituationCount, which is no situation's.
func (s Situation) Key() uint32 {
	if !s.valid() {
		return SituationCount
	}
	k := uint32(s.Regime)
	k = k*grounds + s.ground()
	k = k*3 + uint32(s.Asked)
	k = k*2 + bit(s.Marketing)
	k = k*4 + uint32(s.Destination)
	k = k*3 + uint32(s.Device)
	k = k*6 + uint32(s.Status)
	k = k*3 + uint32(s.Proof)
	k = k*2 + bit(s.Objected)
	k = k*2 + bit(s.Restricted)
	k = k*2 + bit(s.GPC)
	k = k*4 + uint32(s.Age)
	return k
}

// ground is the basis, and a number of its own for a contract that was asked for.
func (s *Situation) ground() uint32 {
	if s.Requested {
		return requestedContract
	}
	return uint32(s.Basis)
}

// SituationOf is the inverse of Key.
func SituationOf(key uint32) (Situation, error) {
	if key >= SituationCount {
		return Situation{}, fmt.Errorf("situation %d: there are %d", key, SituationCount)
	}
	take := func(radix uint32) uint8 {
		digit := key % radix
		key /= radix
		return uint8(digit)
	}
	var s Situation
	s.Age = AgeBand(take(4))
	s.GPC = take(2) == 1
	s.Restricted = take(2) == 1
	s.Objected = take(2) == 1
	s.Proof = Proof(take(3))
	s.Status = Status(take(6))
	s.Device = Device(take(3))
	s.Destination = Destination(take(4))
	s.Marketing = take(2) == 1
	s.Asked = Profiling(take(3))
	if ground := uint32(take(grounds)); ground == requestedContract {
		s.Basis, s.Requested = BasisContract, true
	} else {
		s.Basis = Basis(ground)
	}
	s.Regime = Regime(take(6))
	return s, nil
}

// Validate tells whether every part of the situation is one of its enum's values, and nothing but a contract is asked for.
func (s Situation) Validate() error {
	check := func(kind string, v uint8, names []string) error {
		if int(v) < len(names) {
			return nil
		}
		return fmt.Errorf("situation: %s %d is out of range", kind, v)
	}
	for _, err := range []error{
		check("basis", uint8(s.Basis), basisNames),
		check("asked", uint8(s.Asked), profilingNames),
		check("status", uint8(s.Status), statusNames),
		check("proof", uint8(s.Proof), proofNames),
		check("age", uint8(s.Age), ageNames),
		check("regime", uint8(s.Regime), regimeNames),
		check("destination", uint8(s.Destination), destinationNames),
		check("device", uint8(s.Device), deviceNames),
	} {
		if err != nil {
			return err
		}
	}
	if s.Requested && s.Basis != BasisContract {
		return fmt.Errorf("situation: only a purpose of basis contract is asked for, not one of %s", s.Basis)
	}
	return nil
}

// valid is Validate without an error's cost, for the hot path.
func (s *Situation) valid() bool {
	return s.Basis <= BasisLegitimateInterest && s.Asked <= ProfilingDecide && s.Status <= StatusExpired &&
		s.Proof <= ProofDouble && s.Age <= AgeMinor && s.Regime <= RegimeOther &&
		s.Destination <= DestinationNone && s.Device <= DeviceConsented && (!s.Requested || s.Basis == BasisContract)
}

func bit(b bool) uint32 {
	if b {
		return 1
	}
	return 0
}
