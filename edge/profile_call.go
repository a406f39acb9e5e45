package edge

import (
	"context"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/lotse-edge/lotse/edge/profile"
	"github.com/lotse-edge/lotse/edge/tenant"
	"github.com/lotse-edge/lotse/policies"
)

// profileAnswer is what is stored of a visitor, and why (Article 15).
type profileAnswer struct {
	Stored     []storedAnswer    `json:"stored"`
	Events     []historyAnswer   `json:"events"`
	Consent    []evidenceAnswer  `json:"consent"`
	Derived    derivedAnswer     `json:"derived"`
	Declined   []string          `json:"declined,omitempty"` // questions that the visitor passed over
	Restricted bool              `json:"restricted,omitempty"`
	Reasons    map[string]string `json:"reasons"`
}

type storedAnswer struct {
	Field      string     `json:"field"`
	Label      string     `json:"label"`
	Value      any        `json:"value"`
	Form       string     `json:"form"`
	Purposes   []string   `json:"purposes"`
	Reasons    []string   `json:"reasons"`
	Provenance string     `json:"provenance"`
	Portable   bool       `json:"portable"` // in the copy to take along (Article 20)
	StoredAt   time.Time  `json:"stored_at"`
	ExpiresAt  *time.Time `json:"expires_at,omitempty"`
	Due        bool       `json:"due,omitempty"` // no purpose allows it any more: it goes with the next call, or within a day
}

type historyAnswer struct {
	Type      string        `json:"type"`
	Count     float64       `json:"count"`
	First     time.Time     `json:"first"`
	Last      time.Time     `json:"last"`
	Purposes  []string      `json:"purposes"`
	Reasons   []string      `json:"reasons"`
	Portable  bool          `json:"portable"`             // of some of them at least
	ExpiresAt *time.Time    `json:"expires_at,omitempty"` // of the newest
	Due       bool          `json:"due,omitempty"`
	Entries   []entryAnswer `json:"entries"`
}

type entryAnswer struct {
	Time       time.Time      `json:"time"`
	Count      float64        `json:"count"`
	Properties map[string]any `json:"properties,omitempty"`
}

type evidenceAnswer struct {
	Purpose     string    `json:"purpose"`
	Status      string    `json:"status"`
	Objected    bool      `json:"objected,omitempty"`
	Method      string    `json:"method,omitempty"`
	Language    string    `json:"language,omitempty"`
	TextVersion string    `json:"text_version,omitempty"`
	At          time.Time `json:"at"`
}

type derivedAnswer struct {
	At       *time.Time                `json:"at,omitempty"` // the moment that it holds for
	Scores   map[string]explainedScore `json:"scores,omitempty"`
	Segments []string                  `json:"segments,omitempty"`
	Titles   map[string]string         `json:"segment_titles,omitempty"` // by segment
	Quadrant string                    `json:"quadrant,omitempty"`
	Stage    string                    `json:"stage,omitempty"`
	Persona  string                    `json:"persona,omitempty"`
	Traits   []explainedTrait          `json:"traits,omitempty"` // the persona among them
	Faults   []faultAnswer             `json:"faults,omitempty"`
}

// getProfile is GET /v1/profile: a visitor asks what is stored. It stores nothing.
func (s *Server) getProfile(ctx *fasthttp.RequestCtx, who caller) error {
	j, err := s.readOnly(ctx, who)
	if err != nil {
		return err
	}
	return j.writeProfile(ctx)
}

// describe renders the profile with its reasons, and what is derived from it now.
func (j *journey) describe(ctx context.Context) (*profileAnswer, error) {
	j.explain = true
	if err := j.evaluate(ctx); err != nil {
		return nil, err
	}
	body := &profileAnswer{Stored: []storedAnswer{}, Events: []historyAnswer{}, Consent: []evidenceAnswer{}, Restricted: j.profile.Restricted}
	for i := range j.stored.Values {
		if a, ok := j.describeValue(&j.stored.Values[i]); ok {
			body.Stored = append(body.Stored, a)
		}
	}
	for i := range j.stored.Events {
		if a, ok := j.describeHistory(&j.stored.Events[i]); ok {
			body.Events = append(body.Events, a)
		}
	}
	for _, id := range j.stored.Asked {
		if f, ok := j.site.config.FieldByID(id); ok {
			body.Declined = append(body.Declined, f.Name)
		}
	}
	history, err := j.server.config.Store.ConsentHistory(ctx, j.site.config.ID, j.id)
	if err != nil {
		return nil, err
	}
	for i := range history {
		if p, ok := j.site.config.PurposeByBit(history[i].Purpose); ok {
			body.Consent = append(body.Consent, describeConsent(p, &history[i]))
		}
	}
	if j.profiled {
		j.site.config.Rating.Finish(&j.outcome, j.profile.Derived.Stage, j.knownField)
		at := j.moment().UTC()
		body.Derived = derivedAnswer{
			At: &at, Scores: j.explainScores(), Segments: j.outcome.Segments, Titles: j.segmentTitles(), Quadrant: j.outcome.Quadrant,
			Stage: j.outcome.Stage, Persona: j.outcome.Traits[tenant.PersonaTrait], Traits: j.explainTraits(), Faults: j.faults,
		}
	}
	body.Reasons = reasonTexts(j.site.policy, j.reasons.ids, j.language)
	return body, nil
}

func (j *journey) describeValue(v *profile.Stored) (storedAnswer, bool) {
	field, ok := j.site.config.FieldByID(v.Field)
	if !ok {
		return storedAnswer{}, false
	}
	form := "kept"
	if v.Generalised {
		form = "generalised"
	}
	names, ruling := j.describeGrants(v.Grants, fieldTarget(field))
	return storedAnswer{
		Field: field.Name, Label: field.Label.In(j.language, j.site.config.Languages[0]), Value: field.Show(featureValue(v.Value)), Form: form,
		Purposes: names, Reasons: ruling.Reasons, Provenance: v.Provenance.String(), Portable: j.portable(ruling.Grants, v.Provenance),
		StoredAt: v.At.Time(), ExpiresAt: expiry(v.Grants, v.At), Due: ruling.Verdict == policies.Drop,
	}, true
}

func (j *journey) describeHistory(h *profile.History) (historyAnswer, bool) {
	kind, ok := j.site.config.EventByID(h.Type)
	if !ok {
		return historyAnswer{}, false
	}
	first, last := &h.Events[0], &h.Events[len(h.Events)-1]
	a := historyAnswer{Type: kind.Name, First: first.At.Time(), Last: last.At.Time(), ExpiresAt: expiry(last.Grants, last.At)}
	var grants []policies.Grant
	for i := range h.Events {
		a.Count += h.Events[i].Count
		a.Entries = append(a.Entries, j.describeEvent(&h.Events[i]))
		grants = append(grants, h.Events[i].Grants...)
	}
	names, ruling := j.describeGrants(grants, eventTarget(kind))
	a.Purposes, a.Reasons, a.Due = names, ruling.Reasons, ruling.Verdict == policies.Drop
	a.Portable = j.portable(ruling.Grants, profile.ProvenanceObserved)
	return a, true
}

func (j *journey) describeEvent(e *profile.Event) entryAnswer {
	a := entryAnswer{Time: e.At.Time(), Count: e.Count}
	for i := range e.Properties {
		p := &e.Properties[i]
		if field, ok := j.site.config.FieldByID(p.Field); ok {
			if a.Properties == nil {
				a.Properties = make(map[string]any, len(e.Properties))
			}
			a.Properties[field.Name] = field.Show(featureValue(p.Value))
		}
	}
	return a
}

// describeGrants names the purposes that hold something, and rules on whether they still may: with Drop none may any more.
func (j *journey) describeGrants(grants []policies.Grant, target policies.Target) (names []string, ruling policies.Ruling) {
	held := purposesOf(grants)
	for i := range j.site.config.Purposes {
		if p := &j.site.config.Purposes[i]; held&(1<<p.Bit) != 0 {
			names = append(names, p.Name)
		}
	}
	target.Purposes &= held // the reasons of those that hold it
	ruling = policies.Rule(j.rows, target)
	j.reasons.add(ruling.Reasons...)
	return names, ruling
}

func describeConsent(p *tenant.Purpose, c *profile.Consent) evidenceAnswer {
	return evidenceAnswer{
		Purpose: p.Name, Status: c.Status.String(), Objected: c.Objected, Method: c.Method, Language: c.Language,
		TextVersion: c.TextVersion, At: c.At.Time(),
	}
}

func expiry(grants []policies.Grant, at profile.Millis) *time.Time {
	ends := profile.Expires(grants, at)
	if ends == 0 {
		return nil
	}
	t := ends.Time()
	return &t
}
