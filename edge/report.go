package edge

import (
	"cmp"
	"maps"
	"slices"

	"github.com/valyala/fasthttp"

	"github.com/lotse-edge/lotse/edge/profile"
	"github.com/lotse-edge/lotse/rules"
)

// Report is a tenant's numbers: aggregates only.
type Report struct {
	Tenant    string                 `json:"tenant"`
	Profiles  int                    `json:"profiles"`
	Profiled  int                    `json:"profiled"` // those that a purpose permits to profile
	Faults    int                    `json:"faults"`   // evaluations that nothing answered, and so are missing below
	Replaced  int                    `json:"replaced"` // evaluations that a module's version before answered: the module fails
	Funnel    []StageCount           `json:"funnel"`
	Bands     map[string][]BandCount `json:"bands"`
	Quadrants []QuadrantCount        `json:"quadrants"`
	Segments  []SegmentCount         `json:"segments"`
	Purposes  []PurposeCount         `json:"purposes"`
	Outcome   *OutcomeCounts         `json:"outcome,omitempty"`
}

// StageCount counts the profiles in a stage of the funnel.
type StageCount struct {
	Stage    string `json:"stage"`
	Profiles int    `json:"profiles"`
}

// BandCount counts the profiles whose score is in a band.
type BandCount struct {
	Band     string  `json:"band"`
	From     float64 `json:"from"`
	Profiles int     `json:"profiles"`
}

// QuadrantCount counts the profiles in a quadrant of lead quality.
type QuadrantCount struct {
	Quadrant string `json:"quadrant"`
	Profiles int    `json:"profiles"`
}

// SegmentCount counts the profiles in a segment.
type SegmentCount struct {
	Segment  string `json:"segment"`
	Profiles int    `json:"profiles"`
}

// PurposeCount counts the profiles that something is stored of for a purpose.
type PurposeCount struct {
	Purpose  string `json:"purpose"`
	Profiles int    `json:"profiles"` // those that something is stored of for the purpose
}

// OutcomeCounts has, for each number of points, how many profiles have them and how many of these have the outcome.
type OutcomeCounts struct {
	Field    string                   `json:"field"`
	Known    int                      `json:"known"`
	Positive int                      `json:"positive"`
	Scores   map[string][]PointsCount `json:"scores"`
}

// PointsCount counts the profiles with so many points, and those of them with the outcome.
type PointsCount struct {
	Points   float64 `json:"points"`
	Profiles int     `json:"profiles"`
	Positive int     `json:"positive"`
}

// tally collects a report.
type tally struct {
	site                                *site
	profiles, profiled, known, positive int
	faults, replaced                    int
	stages, quadrants, segments         map[string]int
	purposes                            map[uint8]int
	bands                               map[string]map[string]int
	points                              map[string]map[float64]*PointsCount
}

// getReport rates every profile of the tenant as of now, as a request would, and counts.
func (s *Server) getReport(ctx *fasthttp.RequestCtx, parts []string) error {
	site, err := s.site(parts[0])
	if err != nil {
		return err
	}
	defer site.release()
	t := &tally{
		site: site, stages: map[string]int{}, quadrants: map[string]int{}, segments: map[string]int{},
		purposes: map[uint8]int{}, bands: map[string]map[string]int{}, points: map[string]map[float64]*PointsCount{},
	}
	now := s.config.Now()
	err = s.config.Store.Each(ctx, site.config.ID, func(p *profile.Profile) error {
		j := &journey{
			server: s, site: site, trusted: true, known: true, now: now, id: p.ID, profile: p, request: &request{},
			language: site.config.Languages[0],
		}
		if err := j.decideRows(); err != nil {
			return err
		}
		j.shrink()
		if err := j.evaluate(ctx); err != nil {
			return err
		}
		if j.profiled {
			site.config.Rating.Finish(&j.outcome, p.Derived.Stage, j.knownField)
		}
		t.add(j)
		return nil
	})
	if err != nil {
		return err
	}
	return writeJSON(ctx, t.report())
}

func (t *tally) add(j *journey) {
	t.profiles++
	t.faults += j.unanswered
	t.replaced += j.replaced
	for held, bit := j.held(), uint8(0); held != 0; held, bit = held>>1, bit+1 {
		if held&1 != 0 {
			t.purposes[bit]++
		}
	}
	if !j.profiled {
		return
	}
	t.profiled++
	o := &j.outcome
	t.stages[o.Stage]++
	t.quadrants[o.Quadrant]++
	for _, segment := range o.Segments {
		t.segments[segment]++
	}
	for _, score := range o.Scores {
		if t.bands[score.Name] == nil {
			t.bands[score.Name] = make(map[string]int)
		}
		t.bands[score.Name][score.Band]++
	}
	t.addOutcome(j, o)
}

// quality is the name under which a report ranks by the sum of the two scores of lead quality.
const quality = "quality"

// addOutcome counts a profile whose outcome is known, under each of its scores.
func (t *tally) addOutcome(j *journey, o *rules.Outcome) {
	field, ok := t.site.config.FieldByName(t.site.config.Outcome)
	if !ok {
		return
	}
	stored := j.profile.Value(field.ID)
	if stored == nil {
		return
	}
	positive := stored.Value.Number != 0
	t.known++
	if positive {
		t.positive++
	}
	q := t.site.config.Rating.Quadrants
	sum := 0.0
	for _, score := range o.Scores {
		t.addPoints(score.Name, score.Points, positive)
		if score.Name == q.Fit || score.Name == q.Interest {
			sum += score.Points
		}
	}
	if q.Fit != "" {
		t.addPoints(quality, sum, positive)
	}
}

func (t *tally) addPoints(score string, points float64, positive bool) {
	if t.points[score] == nil {
		t.points[score] = make(map[float64]*PointsCount)
	}
	c := t.points[score][points]
	if c == nil {
		c = &PointsCount{Points: points}
		t.points[score][points] = c
	}
	c.Profiles++
	if positive {
		c.Positive++
	}
}

// report puts the counts in the order of the tenant's own lists.
func (t *tally) report() *Report {
	config := t.site.config
	r := &Report{
		Tenant: config.ID, Profiles: t.profiles, Profiled: t.profiled, Faults: t.faults, Replaced: t.replaced,
		Bands:  make(map[string][]BandCount),
		Funnel: []StageCount{}, Quadrants: []QuadrantCount{}, Segments: []SegmentCount{}, Purposes: []PurposeCount{},
	}
	for _, stage := range config.Rating.Stages.List {
		r.Funnel = append(r.Funnel, StageCount{stage.Name, t.stages[stage.Name]})
	}
	for score, bands := range config.Rating.Bands {
		for _, band := range bands {
			r.Bands[score] = append(r.Bands[score], BandCount{band.Name, band.From, t.bands[score][band.Name]})
		}
	}
	if config.Rating.Quadrants.Fit != "" {
		for _, name := range config.Rating.Quadrants.Names {
			r.Quadrants = append(r.Quadrants, QuadrantCount{name, t.quadrants[name]})
		}
	}
	for _, m := range t.site.modules {
		for _, segment := range m.module.Manifest().Emits.Segments {
			r.Segments = append(r.Segments, SegmentCount{segment, t.segments[segment]})
		}
	}
	for i := range config.Purposes {
		r.Purposes = append(r.Purposes, PurposeCount{config.Purposes[i].Name, t.purposes[config.Purposes[i].Bit]})
	}
	if config.Outcome != "" {
		r.Outcome = &OutcomeCounts{config.Outcome, t.known, t.positive, make(map[string][]PointsCount)}
		for score, points := range t.points {
			for _, p := range slices.SortedFunc(maps.Values(points), func(a, b *PointsCount) int { return cmp.Compare(b.Points, a.Points) }) {
				r.Outcome.Scores[score] = append(r.Outcome.Scores[score], *p)
			}
		}
	}
	return r
}
