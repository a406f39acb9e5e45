package edge

import (
	"time"

	"github.com/valyala/fasthttp"

	"github.com/lotse-edge/lotse/edge/profile"
	"github.com/lotse-edge/lotse/policies"
)

// portableAnswer is the copy that a visitor may take elsewhere (Article 20): what was provided, observed or imported for purposes that
// rest on consent or a contract. What was derived is no part of it, nor what others hold it for.
type portableAnswer struct {
	Values  []portableValue   `json:"values"`
	Events  []portableEvent   `json:"events"`
	Reasons map[string]string `json:"reasons"`
}

type portableValue struct {
	Field      string    `json:"field"`
	Label      string    `json:"label"`
	Value      any       `json:"value"`
	Provenance string    `json:"provenance"`
	StoredAt   time.Time `json:"stored_at"`
}

type portableEvent struct {
	Type       string         `json:"type"`
	Time       time.Time      `json:"time"`
	Count      float64        `json:"count"`
	Properties map[string]any `json:"properties,omitempty"`
}

// wantsCopy reads the query "copy" of the calls that show a profile. Without it they show all that is stored (Article 15).
func wantsCopy(ctx *fasthttp.RequestCtx) (bool, error) {
	switch string(ctx.QueryArgs().Peek("copy")) {
	case "":
		return false, nil
	case "portable":
		return true, nil
	}
	return false, invalidHeader("query", "copy is portable, or left out.")
}

// writeProfile answers with the profile as it was asked for.
func (j *journey) writeProfile(ctx *fasthttp.RequestCtx) error {
	portable, err := wantsCopy(ctx)
	if err != nil {
		return err
	}
	if portable {
		return writeJSON(ctx, j.portableCopy())
	}
	body, err := j.describe(toTheEnd)
	if err != nil {
		return err
	}
	return writeJSON(ctx, body)
}

// portable tells whether one of the grants is of a purpose that lets a value of a provenance be taken along.
func (j *journey) portable(grants []policies.Grant, provenance profile.Provenance) bool {
	held := purposesOf(grants)
	for i := range j.rows {
		if r := &j.rows[i]; held&(1<<r.Bit) != 0 && r.Row.Portable[provenance] {
			return true
		}
	}
	return false
}

// portableCopy renders what may be taken along of the profile as it may be held now: look has shrunk it.
func (j *journey) portableCopy() *portableAnswer {
	body := &portableAnswer{Values: []portableValue{}, Events: []portableEvent{}}
	for i := range j.profile.Values {
		v := &j.profile.Values[i]
		field, ok := j.site.config.FieldByID(v.Field)
		if !ok || !j.portable(v.Grants, v.Provenance) {
			continue
		}
		body.Values = append(body.Values, portableValue{
			Field: field.Name, Label: field.Label.In(j.language, j.site.config.Languages[0]), Value: field.Show(featureValue(v.Value)),
			Provenance: v.Provenance.String(), StoredAt: v.At.Time(),
		})
	}
	for i := range j.profile.Events {
		kind, ok := j.site.config.EventByID(j.profile.Events[i].Type)
		if !ok {
			continue
		}
		for k := range j.profile.Events[i].Events {
			if e := &j.profile.Events[i].Events[k]; j.portable(e.Grants, profile.ProvenanceObserved) {
				body.Events = append(body.Events, j.portableEvent(kind.Name, e))
			}
		}
	}
	for i := range j.rows {
		j.reasons.add(j.rows[i].Row.PortableReasons...)
	}
	body.Reasons = reasonTexts(j.site.policy, j.reasons.ids, j.language)
	return body
}

func (j *journey) portableEvent(name string, e *profile.Event) portableEvent {
	out := portableEvent{Type: name, Time: e.At.Time(), Count: e.Count}
	for i := range e.Properties {
		p := &e.Properties[i]
		field, ok := j.site.config.FieldByID(p.Field)
		if !ok || !j.portable(p.Grants, profile.ProvenanceObserved) {
			continue
		}
		if out.Properties == nil {
			out.Properties = make(map[string]any, len(e.Properties))
		}
		out.Properties[field.Name] = field.Show(featureValue(p.Value))
	}
	return out
}
