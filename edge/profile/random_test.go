package profile_test

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/lotse-edge/lotse/edge/profile"
	"github.com/lotse-edge/lotse/policies"
)

// randomProfile makes a profile the way that requests do, with everything that a profile can hold.
func randomProfile(rnd *rand.Rand, events int) *profile.Profile {
	p := &profile.Profile{ID: visitor(rnd.IntN(1000)), Created: profile.At(start)}
	at := func() profile.Millis {
		return profile.At(start) + profile.Millis(rnd.Int64N(90*86_400_000)) - 86_400_000
	}
	sets := make([][]policies.Grant, 4)
	for i := range sets {
		first := rnd.IntN(4)
		for b := first; b < 4; b += 1 + rnd.IntN(3) {
			sets[i] = append(sets[i], policies.Grant{Purpose: uint8(b * 7), Generalised: b > first && rnd.IntN(2) == 0, Row: rnd.Uint32N(40000), TTLDays: uint16(rnd.IntN(800))})
		}
	}
	grants := func() []policies.Grant { return sets[rnd.IntN(len(sets))] }
	value := func() profile.Value {
		switch rnd.IntN(5) {
		case 0:
			return profile.NumberValue(float64(rnd.IntN(2000) - 1000))
		case 1:
			return profile.NumberValue(rnd.NormFloat64() * 1e9)
		case 2:
			return profile.BooleanValue(rnd.IntN(2) == 0)
		default:
			return profile.TextValue(fmt.Sprintf("/weine/riesling-%d", rnd.IntN(20)))
		}
	}
	for range rnd.IntN(12) {
		p.SetValue(profile.Stored{Field: uint16(rnd.IntN(8) * rnd.IntN(8)), Value: value(), Provenance: profile.Provenance(rnd.IntN(4)), Generalised: rnd.IntN(4) == 0, At: at(), Grants: grants()})
	}
	for range events {
		e := profile.Event{At: at(), Hash: rnd.Uint64() * uint64(rnd.IntN(2)), Count: float64(1 + rnd.IntN(3)), Grants: grants()}
		for f := range rnd.IntN(4) {
			e.Properties = append(e.Properties, profile.Property{Field: uint16(f), Value: value(), Generalised: rnd.IntN(4) == 0, Grants: grants()})
		}
		p.AddEvent(uint16(1+rnd.IntN(8)), e)
	}
	for range rnd.IntN(4) {
		p.Record(profile.Consent{
			Purpose: uint8(rnd.IntN(32)), Status: policies.Status(rnd.IntN(6)), Proof: policies.Proof(rnd.IntN(3)), Objected: rnd.IntN(2) == 0,
			Method: "banner", Language: "de", TextVersion: fmt.Sprint(rnd.IntN(5)), At: at(), ValidUntil: at() * profile.Millis(rnd.IntN(2)),
		})
	}
	for range rnd.IntN(4) {
		p.Ask(uint16(rnd.IntN(60)))
	}
	p.Object(uint8(rnd.IntN(32)), rnd.IntN(2) == 0)
	p.Restricted = rnd.IntN(2) == 0
	if rnd.IntN(2) == 0 {
		p.Derived = profile.Derived{Stage: "mql", Quadrant: "high-low", Segments: []string{"gastronomy-de", "tasting-guests"}, Bands: []profile.Band{{Score: "interest", Name: "awareness"}}}
	}
	return p
}

// history is the profile of the benchmarks: one visitor with so many page views and a few values.
func history(events int) *profile.Profile {
	rnd := rand.New(rand.NewPCG(3, 4))
	p := &profile.Profile{ID: visitor(1), Created: profile.At(start)}
	for f := range uint16(8) {
		p.SetValue(text(f+1, fmt.Sprint("value ", f), kept))
	}
	for i := range events {
		p.AddEvent(uint16(1+i%4), profile.Event{
			At: profile.At(start.Add(time.Duration(rnd.IntN(80*24)) * time.Hour)), Hash: rnd.Uint64(), Grants: kept,
			Properties: []profile.Property{{Field: 20, Value: profile.TextValue(fmt.Sprintf("/weine/%d", rnd.IntN(30))), Grants: kept}, {Field: 21, Value: profile.NumberValue(float64(rnd.IntN(90))), Grants: kept}},
		})
	}
	return p
}
