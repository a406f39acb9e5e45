package edge

import (
	"hash/fnv"
	"slices"
	"time"

	"github.com/lotse-edge/lotse/edge/profile"
	"github.com/lotse-edge/lotse/edge/tenant"
	"github.com/lotse-edge/lotse/policies"
	"github.com/lotse-edge/lotse/sdk/abi"
)

// How far an event's time may lie from now.
const (
	websitePast = 24 * time.Hour // a website's queue that was offline
	serverPast  = 10 * 365 * 24 * time.Hour
	ahead       = 5 * time.Minute // clocks differ
)

// minimise puts into the profile what the rows permit, in the form that they permit, and gives a verdict for all else.
func (j *journey) minimise() {
	j.verdicts = slices.Grow(j.verdicts, len(j.request.events)+2) // and one each for traits and what was observed
	if len(j.request.traits) > 0 {
		j.minimiseTraits("traits", j.request.traits, j.provenance())
	}
	if j.address != "" && len(j.request.events) > 0 {
		if f := j.site.address; f != nil {
			j.minimiseTraits("observed", []namedValue{{f.Name, j.address}}, profile.ProvenanceObserved)
		}
	}
	for i := range j.request.events {
		j.verdicts = append(j.verdicts, j.minimiseEvent(&j.request.events[i]))
	}
	for _, name := range j.request.declined {
		if f, ok := j.site.config.FieldByName(name); ok {
			j.profile.Ask(f.ID)
		}
	}
}

func (j *journey) provenance() profile.Provenance {
	if j.trusted {
		return profile.ProvenanceImported
	}
	return profile.ProvenanceProvided
}

func (j *journey) minimiseTraits(part string, values []namedValue, provenance profile.Provenance) {
	v := verdict{Part: part, Fields: make([]fieldVerdict, 0, len(values))}
	dropped := 0
	for _, value := range values {
		fv := j.minimiseTrait(value, provenance)
		if fv.Verdict == "dropped" {
			dropped++
		}
		v.Fields = append(v.Fields, fv)
	}
	v.Verdict = sum(policies.Keep, v.Fields)
	if dropped == len(v.Fields) {
		v.Verdict = "dropped"
	}
	j.verdicts = append(j.verdicts, v)
}

func (j *journey) minimiseTrait(value namedValue, provenance profile.Provenance) fieldVerdict {
	field, ok := j.site.config.FieldByName(value.name)
	if !ok {
		return j.dropped(value.name, policies.ReasonFieldUnknown)
	}
	if value.value == nil {
		if j.profile.RemoveValue(field.ID) {
			return j.dropped(field.Name, policies.ReasonFieldCleared)
		}
		return j.dropped(field.Name, policies.ReasonFieldInvalid)
	}
	checked, ok := field.Check(value.value)
	if !ok {
		return j.dropped(field.Name, policies.ReasonFieldInvalid)
	}
	target := fieldTarget(field)
	if provenance != profile.ProvenanceObserved {
		target.Purposes &= j.served
	}
	ruling := j.rule(target)
	kept, generalised, fv := j.form(field, checked, ruling)
	if fv.Verdict != "dropped" {
		j.profile.SetValue(profile.Stored{
			Field: field.ID, Value: kept, Provenance: provenance, Generalised: generalised,
			At: profile.At(j.now), Grants: ruling.Grants,
		})
	}
	return fv
}

// servedBy gives the purposes that the request's traits may serve: those of the form that they answer, or all. What somebody
// tells a newsletter's form is not thereby told to the order desk (Article 5(1)(b)).
func servedBy(config *tenant.Config, form string) uint32 {
	f, ok := config.FormByName(form)
	if !ok {
		return ^uint32(0)
	}
	var set uint32
	for _, name := range f.Purposes {
		if p, ok := config.PurposeByName(name); ok {
			set |= 1 << p.Bit
		}
	}
	return set
}

// form gives a value the form that its ruling allows.
func (j *journey) form(field *tenant.Field, checked abi.Value, ruling policies.Ruling) (profile.Value, bool, fieldVerdict) {
	j.reasons.add(ruling.Reasons...)
	fv := fieldVerdict{Field: field.Name, Verdict: verdictWords[ruling.Verdict], Reasons: ruling.Reasons}
	if ruling.Verdict != policies.Generalise {
		return storedValue(checked), false, fv
	}
	coarse, ok := field.Generalised(checked)
	if !ok {
		return profile.Value{}, false, j.dropped(field.Name, policies.ReasonValueNotCoarse)
	}
	if coarse == checked {
		fv.Verdict = verdictWords[policies.Keep] // it was as coarse as it may be: nothing of it is lost
	}
	return storedValue(coarse), true, fv
}

func (j *journey) dropped(field, reason string) fieldVerdict {
	j.reasons.add(reason)
	j.because = append(j.because, reason)
	return fieldVerdict{Field: field, Verdict: "dropped", Reasons: j.because[len(j.because)-1 : len(j.because) : len(j.because)]}
}

func (j *journey) minimiseEvent(e *event) verdict {
	v := verdict{Event: e.id}
	kind, ok := j.site.config.EventByName(e.kind)
	if !ok {
		return j.dropEvent(v, e, policies.ReasonEventUnknown)
	}
	at, reason := j.eventTime(e)
	if reason != "" {
		return j.dropEvent(v, e, reason)
	}
	ruling := j.rule(eventTarget(kind))
	j.reasons.add(ruling.Reasons...)
	stored := profile.Event{At: profile.At(at), Hash: eventHash(e.kind, e.id), Count: e.count, Grants: ruling.Grants}
	v.Fields = make([]fieldVerdict, 0, len(e.properties))
	for _, value := range e.properties {
		property, fv := j.minimiseProperty(kind, value, ruling.Grants)
		v.Fields = append(v.Fields, fv)
		if fv.Verdict != "dropped" {
			stored.Properties = append(stored.Properties, property)
		}
	}
	v.Verdict, v.Reasons = sum(ruling.Verdict, v.Fields), ruling.Reasons
	if ruling.Verdict != policies.Drop && j.profile.AddEvent(kind.ID, stored) {
		return j.dropEvent(verdict{Event: e.id}, e, policies.ReasonEventDuplicate) // what is there stays as it is
	}
	return v
}

// minimiseProperty rules on one property of an event. A purpose sees a property of events that it sees only.
func (j *journey) minimiseProperty(kind *tenant.EventType, value namedValue, event []policies.Grant) (profile.Property, fieldVerdict) {
	field, ok := j.site.config.Property(kind, value.name)
	if !ok {
		return profile.Property{}, j.dropped(value.name, policies.ReasonFieldUnknown)
	}
	checked, ok := field.Check(value.value)
	if !ok {
		return profile.Property{}, j.dropped(field.Name, policies.ReasonFieldInvalid)
	}
	ruling := j.rule(fieldTarget(field))
	if ruling.Verdict != policies.Drop {
		seen := purposesOf(event)
		ruling.Grants = slices.DeleteFunc(ruling.Grants, func(g policies.Grant) bool { return seen&(1<<g.Purpose) == 0 })
		if ruling.Verdict = policies.VerdictOf(ruling.Grants); ruling.Verdict == policies.Drop {
			return profile.Property{}, j.dropped(field.Name, policies.ReasonEventDropped)
		}
	}
	kept, generalised, fv := j.form(field, checked, ruling)
	return profile.Property{Field: field.ID, Value: kept, Generalised: generalised, Grants: ruling.Grants}, fv
}

// dropEvent drops an event with all of its properties for one reason.
func (j *journey) dropEvent(v verdict, e *event, reason string) verdict {
	j.reasons.add(reason)
	v.Verdict, v.Reasons = "dropped", []string{reason}
	for _, value := range e.properties {
		v.Fields = append(v.Fields, j.dropped(value.name, reason))
	}
	return v
}

// eventTime bounds what a client may say of when something happened.
func (j *journey) eventTime(e *event) (at time.Time, reason string) {
	if e.time.IsZero() {
		return j.now, ""
	}
	past := websitePast
	if j.trusted {
		past = serverPast
	}
	switch {
	case e.time.Before(j.now.Add(-past)):
		return at, policies.ReasonEventTooOld
	case e.time.After(j.now.Add(ahead)):
		return at, policies.ReasonEventInFuture
	}
	return e.time, ""
}

// forget turns a verdict into one that says that nothing of it is stored.
func (v *verdict) forget(reasons *reasonSet) {
	if v.Verdict == "dropped" {
		return
	}
	reasons.add(policies.ReasonNotKept)
	v.Verdict, v.Reasons = "dropped", []string{policies.ReasonNotKept}
	for i := range v.Fields {
		if f := &v.Fields[i]; f.Verdict != "dropped" {
			f.Verdict, f.Reasons = "dropped", []string{policies.ReasonNotKept}
		}
	}
}

// eventHash names an event within its type. Zero means none, so it is avoided.
func eventHash(kind, id string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(kind))
	h.Write([]byte{0})
	h.Write([]byte(id))
	return max(1, h.Sum64())
}

func storedValue(v abi.Value) profile.Value {
	switch v.Type {
	case abi.String:
		return profile.TextValue(v.Text)
	case abi.Boolean:
		return profile.BooleanValue(v.Number != 0)
	default:
		return profile.NumberValue(v.Number)
	}
}

func featureValue(v profile.Value) abi.Value {
	switch v.Kind {
	case profile.Text:
		return abi.Value{Present: true, Type: abi.String, Text: v.Text}
	case profile.Boolean:
		return abi.Value{Present: true, Type: abi.Boolean, Number: v.Number}
	default:
		return abi.Value{Present: true, Type: abi.Number, Number: v.Number}
	}
}

func (j *journey) coarsen(id uint16, v profile.Value) profile.Value {
	return coarsen(j.site.config, id, v)
}

// Coarsen makes a stored value of a tenant coarser, for the store's own expiry.
func (s *Server) Coarsen(tenant string, id uint16, v profile.Value) profile.Value {
	site, ok := s.sites.byID(tenant)
	if !ok {
		return profile.Value{}
	}
	defer site.release()
	return coarsen(site.config, id, v)
}

// coarsen makes a stored value coarser by its field's method. What cannot be made coarser goes.
func coarsen(config *tenant.Config, id uint16, v profile.Value) profile.Value {
	field, ok := config.FieldByID(id)
	if !ok {
		return profile.Value{}
	}
	coarse, ok := field.Generalised(featureValue(v))
	if !ok {
		return profile.Value{}
	}
	return storedValue(coarse)
}

// rule rules on new data. While processing is restricted nothing is added (Article 18(1)). The lists of a ruling are pieces of the journey's own, each with its own capacity, so that an
// append to one never meets the next.
func (j *journey) rule(target policies.Target) policies.Ruling {
	if j.profile.Restricted {
		return policies.Ruling{Verdict: policies.Drop, Reasons: []string{policies.ReasonRestricted}}
	}
	if j.because == nil {
		j.grants, j.because = make([]policies.Grant, 0, 16), make([]string, 0, 16)
	}
	grant, reason := len(j.grants), len(j.because)
	j.grants, j.because = policies.AppendRuling(j.grants, j.because, j.rows, target)
	grants := j.grants[grant:len(j.grants):len(j.grants)]
	return policies.Ruling{Verdict: policies.VerdictOf(grants), Grants: grants, Reasons: j.because[reason:len(j.because):len(j.because)]}
}

// reasonSet collects the ids of the reasons that an answer uses.
type reasonSet struct {
	ids  []string
	room [8]string // as many as most answers use
}

func (r *reasonSet) add(ids ...string) {
	if r.ids == nil {
		r.ids = r.room[:0]
	}
	for _, id := range ids {
		if !slices.Contains(r.ids, id) {
			r.ids = append(r.ids, id)
		}
	}
}
