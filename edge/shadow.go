package edge

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/lotse-edge/lotse/rules"
	"github.com/lotse-edge/lotse/runtime"
	"github.com/lotse-edge/lotse/sdk/abi"
)

// shadowCounts is what was seen of a shadow beside one version in force, since it began to run or the server was started. It holds
// counts only, and as many as the two versions declare names.
type shadowCounts struct {
	calls, different, faults atomic.Int64
	in                       map[string]*atomic.Int64 // by what was said otherwise, such as "score fit"; the map does not change
}

func newShadowCounts(active, shadow *abi.Manifest) *shadowCounts {
	c := &shadowCounts{in: map[string]*atomic.Int64{}}
	for _, m := range []*abi.Manifest{active, shadow} {
		for i := range m.Emits.Scores {
			c.in[scoreWord+m.Emits.Scores[i].Name] = new(atomic.Int64)
		}
		for _, name := range m.Emits.Segments {
			c.in[segmentWord+name] = new(atomic.Int64)
		}
		for i := range m.Emits.Traits {
			c.in[traitWord+m.Emits.Traits[i].Name] = new(atomic.Int64)
		}
	}
	return c
}

const (
	scoreWord   = "score "
	segmentWord = "segment "
	traitWord   = "trait "
)

// seen is what the admin listener tells of them.
type seen struct {
	Calls     int64            `json:"calls"`     // that both versions were asked in
	Different int64            `json:"different"` // in which the shadow said something else
	Faults    int64            `json:"faults"`    // in which it failed
	In        map[string]int64 `json:"in,omitempty"`
}

func (c *shadowCounts) tell() *seen {
	s := &seen{Calls: c.calls.Load(), Different: c.different.Load(), Faults: c.faults.Load()}
	for what, count := range c.in {
		if n := count.Load(); n > 0 {
			if s.In == nil {
				s.In = map[string]int64{}
			}
			s.In[what] = n
		}
	}
	return s
}

// shadowPatience is how long a visitor's request waits for a shadow's turn: where the server has that much to do, the shadow is not
// asked.
const shadowPatience = time.Millisecond

// compare runs the module's shadow over the same visitor at the same moment, and counts whether it says the same as the version in
// force, by names and points. What the shadow says goes nowhere else. It runs for requests of visitors only, and a shadow that
// fails again and again is left alone for a while, as a version in force would be.
func (j *journey) compare(ctx context.Context, m *siteModule, said []abi.Entry) {
	if m.shadow == nil || j.update == nil || !j.mayProfile(m.shadow.purpose.Bit) {
		return
	}
	limit, retry := j.server.config.BreakerFaults, j.server.config.BreakerRetry
	if !m.shadow.module.breaker.allows(j.now, retry) {
		return
	}
	var active, shadow rules.Outcome
	if err := active.Add(m.module.Manifest(), said); err != nil {
		panic("BUG: an answer that was taken is not usable")
	}
	ctx, cancel := context.WithTimeout(ctx, shadowPatience)
	defer cancel()
	var s scratch
	_, err := j.call(ctx, &s, m.shadow, &shadow)
	if errors.Is(err, runtime.ErrBusy) || errors.Is(err, context.DeadlineExceeded) {
		return
	}
	m.watched.calls.Add(1)
	m.shadow.module.breaker.note(err, j.now, limit, retry)
	if err != nil {
		m.watched.faults.Add(1)
		return
	}
	otherwise := differences(&active, &shadow)
	if len(otherwise) > 0 {
		m.watched.different.Add(1)
	}
	for _, what := range otherwise {
		m.watched.in[what].Add(1)
	}
}

// differences lists what two versions say otherwise. It puts both outcomes in an order.
func differences(a, b *rules.Outcome) (list []string) {
	scores := map[string][2]*rules.Score{}
	for side, o := range []*rules.Outcome{a, b} {
		for i := range o.Scores {
			s := &o.Scores[i]
			slices.SortFunc(s.Reasons, func(x, y rules.ScoreReason) int { return strings.Compare(x.ID, y.ID) })
			both := scores[s.Name]
			both[side] = s
			scores[s.Name] = both
		}
	}
	for name, both := range scores {
		if x, y := both[0], both[1]; x == nil || y == nil || x.Points != y.Points || !slices.Equal(x.Reasons, y.Reasons) {
			list = append(list, scoreWord+name)
		}
	}
	for _, pair := range [][2][]string{{a.Segments, b.Segments}, {b.Segments, a.Segments}} {
		for _, name := range pair[0] {
			if !slices.Contains(pair[1], name) {
				list = append(list, segmentWord+name)
			}
		}
	}
	traits := map[string]bool{}
	for _, o := range []*rules.Outcome{a, b} {
		for name := range o.Traits {
			traits[name] = traits[name] || a.Traits[name] != b.Traits[name] // no value is empty
		}
	}
	for name, differs := range traits {
		if differs {
			list = append(list, traitWord+name)
		}
	}
	return list
}
