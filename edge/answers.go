package edge

import (
	"errors"
	"slices"
	"time"

	"github.com/lotse-edge/lotse/edge/consent"
	"github.com/lotse-edge/lotse/edge/profile"
	"github.com/lotse-edge/lotse/edge/tenant"
	"github.com/lotse-edge/lotse/policies"
)

// reaffirm is how long the same answer again is not a new one: a website that sends its banner's state with every call
// must not fill the history.
const reaffirm = 24 * time.Hour

// recordAnswers puts the visitor's answers, objections and restriction on record before anything is decided.
func (j *journey) recordAnswers() error {
	for i := range j.request.consent {
		if err := j.recordAnswer(&j.request.consent[i]); err != nil {
			return err
		}
	}
	if j.request.restricted != nil {
		j.profile.Restricted = *j.request.restricted
		j.recorded("restriction", "")
	}
	return j.recordObjections()
}

func (j *journey) recordAnswer(given *consentAnswer) error {
	config := j.site.config
	record, err := consent.Check(config, consent.Answer{
		Purpose: given.purpose, Status: given.status, Explicit: given.explicit, Proof: given.proof, Method: given.method,
		Language: given.language, TextVersion: given.textVersion, At: given.at,
	}, j.consentRecords(), consent.Asker{Method: j.method(), Language: j.language, Trusted: j.trusted, Now: j.now})
	var fault *consent.AnswerError
	if errors.As(err, &fault) {
		pointer := given.pointer
		if fault.Member != "" {
			pointer += "/" + fault.Member
		}
		return invalidBody(pointer, fault.Detail)
	}
	if err != nil {
		return err
	}
	purpose, _ := config.PurposeByName(given.purpose) // Check found it
	if record.Status == policies.StatusGiven || record.Status == policies.StatusExplicit {
		j.given |= 1 << purpose.Bit
		j.profile.Object(purpose.Bit, false) // who agrees after objecting has changed their mind
	} else {
		j.ended = true
	}
	if !j.sameAnswer(record, purpose) {
		j.profile.Record(storedConsent(record, purpose.Bit, j.profile.HasObjected(purpose.Bit)))
	}
	j.recorded("consent", purpose.Name)
	return nil
}

// recorded gives the verdict of an answer, an objection or a restriction that is on record.
func (j *journey) recorded(part, purpose string) {
	j.reasons.add(policies.ReasonConsentRecorded)
	j.verdicts = append(j.verdicts, verdict{Part: part, Purpose: purpose, Verdict: "kept", Reasons: []string{policies.ReasonConsentRecorded}})
}

// method is how an answer is given when the client does not say.
func (j *journey) method() string {
	if j.trusted {
		return "api"
	}
	return "banner"
}

func (j *journey) sameAnswer(r consent.Record, purpose *tenant.Purpose) bool {
	old := j.profile.Consent(purpose.Bit)
	return old != nil && old.Status == r.Status && old.Proof == r.Proof && old.TextVersion == r.TextVersion &&
		old.Method == r.Method && old.Objected == j.profile.HasObjected(purpose.Bit) && r.At.Sub(old.At.Time()) < reaffirm
}

// recordObjections adds objections to those that stand, and ends those that are taken back. The one word for all direct
// marketing covers each purpose of it (Article 21(3)).
func (j *journey) recordObjections() error {
	config := j.site.config
	for _, o := range j.request.objections {
		if !consent.KnownObjection(config, o.purpose) {
			return invalidBody("/objections", "The catalogue has no such purpose, and none is direct marketing.")
		}
		for i := range config.Purposes {
			p := &config.Purposes[i]
			if consent.Objects(config, o.purpose, p) {
				j.recordObjection(p, o.objects)
			}
		}
	}
	return nil
}

// recordObjection puts an objection on record. Against a consent it is also the withdrawal of it (Article 7(3)), which stands
// when the objection is taken back.
func (j *journey) recordObjection(p *tenant.Purpose, objects bool) {
	j.recorded("objection", p.Name)
	if objects == j.profile.HasObjected(p.Bit) {
		return
	}
	j.profile.Object(p.Bit, objects)
	evidence := profile.Consent{Purpose: p.Bit}
	if current := j.profile.Consent(p.Bit); current != nil {
		evidence = *current
	}
	evidence.Objected, evidence.Method, evidence.Language, evidence.At = objects, j.method(), j.language, profile.At(j.now)
	if objects {
		j.ended = true
		end(&evidence)
	}
	j.profile.Record(evidence)
}

// end makes a record of a consent the record of its end.
func end(c *profile.Consent) {
	if c.Status == policies.StatusGiven || c.Status == policies.StatusExplicit {
		c.Status, c.Proof, c.ValidUntil = policies.StatusWithdrawn, policies.ProofNone, 0
	}
}

// endMinorsConsents ends the consents of somebody who turns out to be too young to give them (Article 8(1)). That the
// visitor is a minor may often not be stored; that the consent does not hold must be.
func (j *journey) endMinorsConsents() {
	for i := range j.profile.Consents {
		c := j.profile.Consents[i]
		if c.Status != policies.StatusGiven && c.Status != policies.StatusExplicit {
			continue
		}
		end(&c)
		c.Method, c.At = "age", profile.At(j.now)
		j.profile.Record(c)
		j.given &^= 1 << c.Purpose
	}
}

// requested gives the purposes whose contract the visitor asked for (Article 6(1)(b)): by an event of this request or an
// earlier one that opens it. The tenant's own server vouches for it.
func (j *journey) requested() (set tenant.PurposeSet) {
	if j.trusted {
		return ^set
	}
	config := j.site.config
	for i := range config.Events {
		kind := &config.Events[i]
		if kind.Opens == 0 {
			continue
		}
		asks := func(e event) bool { return e.kind == kind.Name }
		if j.profile.History(kind.ID) != nil || slices.ContainsFunc(j.request.events, asks) {
			set |= kind.Opens
		}
	}
	return set
}

// objections gives the purposes that the visitor objects to.
func (j *journey) objections() (names []string) {
	for i := range j.site.config.Purposes {
		if p := &j.site.config.Purposes[i]; j.profile.HasObjected(p.Bit) {
			names = append(names, p.Name)
		}
	}
	return names
}

// consentRecords gives the current records with the purposes' names.
func (j *journey) consentRecords() []consent.Record { return consentRecords(j.site.config, j.profile) }

func consentRecords(config *tenant.Config, p *profile.Profile) []consent.Record {
	records := make([]consent.Record, 0, len(p.Consents))
	for i := range p.Consents {
		c := &p.Consents[i]
		purpose, ok := config.PurposeByBit(c.Purpose)
		if !ok {
			continue // the catalogue dropped the purpose: its record is evidence, and permits nothing
		}
		r := consent.Record{
			Purpose: purpose.Name, Status: c.Status, Proof: c.Proof, Language: c.Language,
			TextVersion: c.TextVersion, Method: c.Method, At: c.At.Time(),
		}
		if c.ValidUntil != 0 {
			r.ValidUntil = c.ValidUntil.Time()
		}
		records = append(records, r)
	}
	return records
}

func storedConsent(r consent.Record, bit uint8, objected bool) profile.Consent {
	c := profile.Consent{
		Purpose: bit, Status: r.Status, Proof: r.Proof, Objected: objected, Method: r.Method, Language: r.Language,
		TextVersion: r.TextVersion, At: profile.At(r.At),
	}
	if !r.ValidUntil.IsZero() {
		c.ValidUntil = profile.At(r.ValidUntil)
	}
	return c
}

// ageBand places the visitor against the age of consent of the visitor's country, by the birth date that came with this
// request or is stored. The date of this request counts even where it may not be stored: it protects whom it is about.
func (j *journey) ageBand() policies.AgeBand {
	country := j.site.config.Country
	if c, _, ok := j.present(j.site.config.CountryField); ok && c.Kind == profile.Text {
		country = c.Text
	}
	born, coarse, ok := j.present(j.site.config.AgeField)
	if !ok || born.Kind != profile.Number {
		return j.site.policy.Age(country, -1, false)
	}
	day := profile.Millis(born.Number * 86_400_000).Time()
	if coarse {
		day = day.AddDate(coarseYears, 0, -1) // as young as the visitor may be
	}
	years, ok := policies.YearsOld(day, j.now)
	if !ok && day.After(j.now) {
		years = 0 // so somebody says who is not born yet: no adult
	}
	return j.site.policy.Age(country, years, false)
}

// coarseYears is the longest time that a coarse birth date stands for.
const coarseYears = 10

// present gives a field's value from the request or, lacking that, from the profile, and tells whether it is a coarse one.
func (j *journey) present(name string) (v profile.Value, coarse, ok bool) {
	field, ok := j.site.config.FieldByName(name)
	if !ok {
		return profile.Value{}, false, false
	}
	for _, t := range j.request.traits {
		if t.name == name && t.value != nil {
			if checked, ok := field.Check(t.value); ok {
				return storedValue(checked), false, true
			}
		}
	}
	if stored := j.profile.Value(field.ID); stored != nil {
		return stored.Value, stored.Generalised, true
	}
	return profile.Value{}, false, false
}
