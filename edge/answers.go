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
	config := j.site.config
	for _, given := range j.request.consent {
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
		}
		if !j.sameAnswer(record, purpose) {
			j.profile.Record(storedConsent(record, purpose.Bit, j.profile.HasObjected(purpose.Bit)))
		}
		j.reasons.add(policies.ReasonConsentRecorded)
		j.verdicts = append(j.verdicts, verdict{
			Part: "consent", Purpose: purpose.Name, Verdict: "kept",
			Reasons: []string{policies.ReasonConsentRecorded},
		})
	}
	if j.request.restricted != nil {
		j.profile.Restricted = *j.request.restricted
	}
	return j.recordObjections()
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
		old.Method == r.Method && r.At.Sub(old.At.Time()) < reaffirm
}

// recordObjections replaces the visitor's objections by those of the request. The one word for all direct marketing covers
// each purpose of it (Article 21(3)).
func (j *journey) recordObjections() error {
	if !j.request.objects {
		return nil
	}
	config := j.site.config
	for _, name := range j.request.objections {
		if !consent.KnownObjection(config, name) {
			return invalidBody("/objections", "The catalogue has no such purpose, and none is direct marketing.")
		}
	}
	for i := range config.Purposes {
		p := &config.Purposes[i]
		objects := slices.Contains(j.request.objections, p.Name) ||
			p.Marketing && slices.Contains(j.request.objections, consent.ObjectionMarketing)
		if objects == j.profile.HasObjected(p.Bit) {
			continue
		}
		j.profile.Object(p.Bit, objects)
		evidence := profile.Consent{Purpose: p.Bit, Objected: objects, Method: j.method(), Language: j.language, At: profile.At(j.now)}
		if current := j.profile.Consent(p.Bit); current != nil {
			evidence.Status, evidence.Proof, evidence.TextVersion, evidence.ValidUntil = current.Status, current.Proof, current.TextVersion, current.ValidUntil
		}
		j.profile.Record(evidence)
	}
	return nil
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
	years := -1
	if born, ok := j.present(j.site.config.AgeField); ok && born.Kind == profile.Number {
		if age, ok := policies.YearsOld(profile.Millis(born.Number*86_400_000).Time(), j.now); ok {
			years = age
		}
	}
	country := j.site.config.Country
	if c, ok := j.present(j.site.config.CountryField); ok && c.Kind == profile.Text {
		country = c.Text
	}
	return j.site.engine.Age(country, years, false)
}

// present gives a field's value from the request or, lacking that, from the profile.
func (j *journey) present(name string) (profile.Value, bool) {
	field, ok := j.site.config.FieldByName(name)
	if !ok {
		return profile.Value{}, false
	}
	for _, t := range j.request.traits {
		if t.name == name && t.value != nil {
			if checked, ok := field.Check(t.value); ok {
				return storedValue(checked), true
			}
		}
	}
	if stored := j.profile.Value(field.ID); stored != nil {
		return stored.Value, true
	}
	return profile.Value{}, false
}
