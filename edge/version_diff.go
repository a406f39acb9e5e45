package edge

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/valyala/fasthttp"

	"github.com/lotse-edge/lotse/edge/profile"
	"github.com/lotse-edge/lotse/edge/tenant"
	"github.com/lotse-edge/lotse/rules"
	"github.com/lotse-edge/lotse/runtime"
)

// versionDiff is what a version of a module does beside another one.
type versionDiff struct {
	Module string   `json:"module"`
	Old    string   `json:"old"` // digest
	New    string   `json:"new"`
	More   []string `json:"more"` // what the new one does and the old one does not, in words
	Less   []string `json:"less"`
	Moves  *moves   `json:"moves,omitempty"` // over the stored profiles; absent while a version waits for approval
}

// moves counts the stored profiles that another version of a module would place elsewhere. There are counts only: nothing in it
// names a profile.
type moves struct {
	Profiles  int                   `json:"profiles"` // that a purpose permits to profile, and that both versions answered for
	Moved     int                   `json:"moved"`    // of these, in any of the ways below
	Faults    int                   `json:"faults"`   // that one of the versions did not answer for
	Bands     map[string][]moveFrom `json:"bands"`    // by score
	Quadrants []moveFrom            `json:"quadrants"`
	Stages    []moveFrom            `json:"stages"`
	Segments  []segmentMove         `json:"segments"`
	Personas  []moveFrom            `json:"personas"`
}

// moveFrom counts those that go from one to the other; empty: none.
type moveFrom struct {
	From     string `json:"from"`
	To       string `json:"to"`
	Profiles int    `json:"profiles"`
}

type segmentMove struct {
	Segment string `json:"segment"`
	Entered int    `json:"entered"`
	Left    int    `json:"left"`
}

// diffVersion compares a version with the one in force, or with another (?against=DIGEST).
func (s *Server) diffVersion(ctx *fasthttp.RequestCtx, parts []string) error {
	if !s.diffMu.TryLock() {
		return newProblem(503, "busy", "Other versions are being compared", "Stored profiles are read for one comparison at a time. Try again.").retry(5)
	}
	defer s.diffMu.Unlock()
	site, d, pair, err := s.beginDiff(parts, string(ctx.QueryArgs().Peek("against")))
	if err != nil {
		return err
	}
	defer site.release()
	if d.Moves != nil {
		if err := s.countMoves(s.stopping, site, parts[1], pair, d.Moves); err != nil { // it changes nothing, so a shutdown need not wait for it
			return err
		}
	}
	return writeJSON(ctx, d)
}

// beginDiff finds both versions. The site must be released.
func (s *Server) beginDiff(parts []string, against string) (now *site, d *versionDiff, pair [2]*storedVersion, err error) {
	s.applyMu.Lock()
	defer s.applyMu.Unlock()
	m, after, err := s.version(parts)
	if err != nil {
		return nil, nil, pair, err
	}
	if against == "" {
		if against = m.Active; against == "" {
			return nil, nil, pair, newProblem(409, "not-in-force", "No version of the module is in force", "Name the version to compare with: ?against=DIGEST.")
		}
	}
	_, before, err := s.version([]string{parts[0], parts[1], against})
	if err != nil {
		return nil, nil, pair, err
	}
	d = &versionDiff{
		Module: parts[1], Old: before.Digest, New: after.Digest,
		More: append([]string{}, rules.Beyond(after.Extent, before.Extent)...), Less: append([]string{}, rules.Beyond(before.Extent, after.Extent)...),
	}
	if now, err = s.site(parts[0]); err != nil {
		return nil, nil, pair, err
	}
	// A version that waits for approval reads nobody's data, not for a count either.
	_, oldWaits := s.waits(parts[0], parts[1], before, now.config)
	if _, newWaits := s.waits(parts[0], parts[1], after, now.config); !oldWaits && !newWaits {
		d.Moves = &moves{Bands: map[string][]moveFrom{}, Quadrants: []moveFrom{}, Stages: []moveFrom{}, Segments: []segmentMove{}, Personas: []moveFrom{}}
	}
	return now, d, [2]*storedVersion{before, after}, nil
}

// countMoves rates every stored profile as of now with either version in the module's place.
func (s *Server) countMoves(ctx context.Context, now *site, name string, pair [2]*storedVersion, count *moves) error {
	var sides [2][]*version // all modules of the tenant, with either version
	for i, stored := range pair {
		v, err := s.bound(ctx, now, name, stored)
		if err != nil {
			return err
		}
		defer v.module.letGo()
		for _, m := range now.modules {
			if m.name != name {
				sides[i] = append(sides[i], m.version)
			}
		}
		sides[i] = append(sides[i], v)
	}
	t := moveTally{count: count, bands: map[string]map[moveFrom]int{}, segments: map[string]segmentMove{}}
	for _, m := range []*map[moveFrom]int{&t.quadrants, &t.stages, &t.personas} {
		*m = map[moveFrom]int{}
	}
	err := s.config.Store.Each(ctx, now.config.ID, func(p *profile.Profile) error {
		j := &journey{
			server: s, site: now, trusted: true, known: true, now: s.config.Now(), id: p.ID, profile: p, request: &request{},
			language: now.config.Languages[0],
		}
		if err := j.decideRows(); err != nil {
			return err
		}
		j.shrink()
		before, wasAsked, err := j.rateWith(ctx, sides[0])
		after, isAsked, errAfter := j.rateWith(ctx, sides[1])
		switch err = errors.Join(err, errAfter); {
		case errors.Is(err, runtime.ErrBusy):
			return newProblem(503, "busy", "The server has too much to do", "Visitors go first. Try again.").retry(10)
		case err != nil:
			count.Faults++
		case wasAsked || isAsked:
			t.add(before, after)
		}
		return ctx.Err()
	})
	if err != nil {
		return err
	}
	t.finish()
	return nil
}

// bound makes a version that can be asked about stored profiles. Its module must be let go.
func (s *Server) bound(ctx context.Context, now *site, name string, stored *storedVersion) (*version, error) {
	l := loader{server: s, config: now.config, running: now.byDigest()}
	module, err := l.compiled(name, stored.source())
	if err != nil {
		return nil, err
	}
	if module.Digest != stored.Digest {
		return nil, compiledAnew()
	}
	v, err := l.version(ctx, name, module.Wasm, module.Digest, &module.Manifest)
	if err != nil {
		return nil, newProblem(422, "invalid-module", "The version does not fit the tenant's catalogue any more", err.Error())
	}
	plan, problems := rules.NewPlan(v.module.Manifest(), now.config)
	if len(problems) > 0 {
		panic("BUG: a version that was loaded does not resolve")
	}
	v.plan = plan
	return v, nil
}

// rateWith asks the given versions of the modules in place of those in force. Asked tells whether one of them may be asked. The error is
// of one that did not answer.
func (j *journey) rateWith(ctx context.Context, versions []*version) (o *rules.Outcome, asked bool, err error) {
	o = &rules.Outcome{}
	var s scratch
	for _, v := range versions {
		if !j.mayProfile(v.purpose.Bit) {
			continue
		}
		asked = true
		if _, err := j.call(ctx, &s, v, o); err != nil {
			return nil, true, err
		}
	}
	j.site.config.Rating.Finish(o, j.profile.Derived.Stage, j.knownField)
	return o, asked, nil
}

// moveTally collects moves.
type moveTally struct {
	count                       *moves
	bands                       map[string]map[moveFrom]int
	segments                    map[string]segmentMove
	quadrants, stages, personas map[moveFrom]int
}

func (t *moveTally) add(before, after *rules.Outcome) {
	t.count.Profiles++
	moved := false
	move := func(in map[moveFrom]int, from, to string) {
		if from != to {
			in[moveFrom{From: from, To: to}]++
			moved = true
		}
	}
	was, is := bandsOf(before), bandsOf(after)
	both := maps.Clone(was)
	maps.Copy(both, is)
	for score := range both {
		if t.bands[score] == nil {
			t.bands[score] = map[moveFrom]int{}
		}
		move(t.bands[score], was[score], is[score])
	}
	move(t.quadrants, before.Quadrant, after.Quadrant)
	move(t.stages, before.Stage, after.Stage)
	move(t.personas, before.Traits[tenant.PersonaTrait], after.Traits[tenant.PersonaTrait])
	for _, segment := range after.Segments {
		if !slices.Contains(before.Segments, segment) {
			m := t.segments[segment]
			m.Entered++
			t.segments[segment], moved = m, true
		}
	}
	for _, segment := range before.Segments {
		if !slices.Contains(after.Segments, segment) {
			m := t.segments[segment]
			m.Left++
			t.segments[segment], moved = m, true
		}
	}
	if moved {
		t.count.Moved++
	}
}

func bandsOf(o *rules.Outcome) map[string]string {
	bands := map[string]string{}
	for _, s := range o.Scores {
		bands[s.Name] = s.Band
	}
	return bands
}

// finish puts the counts in an order: most first.
func (t *moveTally) finish() {
	sorted := func(in map[moveFrom]int) []moveFrom {
		list := []moveFrom{}
		for m, n := range in {
			m.Profiles = n
			list = append(list, m)
		}
		slices.SortFunc(list, func(a, b moveFrom) int {
			return cmp.Or(cmp.Compare(b.Profiles, a.Profiles), cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
		})
		return list
	}
	for score, in := range t.bands {
		if list := sorted(in); len(list) > 0 {
			t.count.Bands[score] = list
		}
	}
	t.count.Quadrants, t.count.Stages, t.count.Personas = sorted(t.quadrants), sorted(t.stages), sorted(t.personas)
	for _, segment := range slices.Sorted(maps.Keys(t.segments)) {
		m := t.segments[segment]
		m.Segment = segment
		t.count.Segments = append(t.count.Segments, m)
	}
}
