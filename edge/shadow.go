package edge

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/lotse-edge/lotse/rules"
	"github.com/lotse-edge/lotse/sdk/abi"
)

// shadowCounts is what was seen of a shadow since it was uploaded.
type shadowCounts struct{ calls, different, faults atomic.Int64 }

type shadowAnswer struct {
	AppliedModule
	Calls     int64 `json:"calls"`
	Different int64 `json:"different"` // said something else than the version in force
	Faults    int64 `json:"faults"`
}

// compare runs the module's shadow over the same visitor and counts whether it says the same as the version in force, by
// names and points. What the shadow says goes nowhere else.
func (j *journey) compare(ctx context.Context, m *siteModule, said []abi.Entry) {
	if m.shadow == nil || !j.mayProfile(m.shadow.purpose.Bit) {
		return
	}
	var active, shadow rules.Outcome
	if err := active.Add(m.module.Manifest(), said); err != nil {
		return
	}
	m.watched.calls.Add(1)
	var s scratch
	if _, err := j.call(ctx, &s, m.shadow, &shadow); err != nil {
		m.watched.faults.Add(1)
	} else if !sameOutcome(&active, &shadow) {
		m.watched.different.Add(1)
	}
}

func sameOutcome(a, b *rules.Outcome) bool {
	for _, o := range []*rules.Outcome{a, b} {
		slices.SortFunc(o.Scores, func(x, y rules.Score) int { return strings.Compare(x.Name, y.Name) })
		for i := range o.Scores {
			slices.SortFunc(o.Scores[i].Reasons, func(x, y rules.ScoreReason) int { return strings.Compare(x.ID, y.ID) })
		}
		slices.Sort(o.Segments)
	}
	sameScore := func(x, y rules.Score) bool {
		return x.Name == y.Name && x.Points == y.Points && slices.Equal(x.Reasons, y.Reasons)
	}
	return slices.EqualFunc(a.Scores, b.Scores, sameScore) && slices.Equal(a.Segments, b.Segments) && maps.Equal(a.Traits, b.Traits)
}
