package consent

import (
	"slices"
	"time"

	"github.com/lotse-edge/lotse/edge/tenant"
	"github.com/lotse-edge/lotse/policies"
)

// Answer is a visitor's answer to one purpose as a client sends it. Giving and withdrawing have the same shape (Article
// 7(3)): only Status differs, and a withdrawal needs nothing that a consent does not.
type Answer struct {
	Purpose     string
	Status      string // granted, refused or withdrawn
	Explicit    bool   // given explicitly, as special categories need
	Proof       string // single or double; empty: single
	Method      string // banner, form, api or import; empty: Asker.Method
	Language    string // of the text that was shown; empty: Asker.Language
	TextVersion string // of the text that was shown; empty: the one that the catalogue shows now
	At          time.Time
}

// Asker is what the edge knows of the call that brings an answer.
type Asker struct {
	Method   string // where the answer does not say
	Language string // where the answer does not say; a language that the tenant lacks falls to the tenant's first
	Trusted  bool   // a server key: only a server may tell of the past, of a double opt-in and of an import
	Now      time.Time
}

// AnswerError says what is wrong with an answer. It never repeats what the client sent.
type AnswerError struct {
	Member string // of the answer; empty: the answer as a whole, or its status
	Detail string
}

func (e *AnswerError) Error() string {
	if e.Member == "" {
		return e.Detail
	}
	return e.Member + ": " + e.Detail
}

// skew is how far a client's clock may run ahead.
const skew = 5 * time.Minute

// Check turns an answer into a record. A refusal or a withdrawal is not turned away for what it says of the text that was
// shown: that matters to a consent only. Records are the visitor's so far; they tell a withdrawal from a refusal, and an
// answer that is older than the one on record is an error. The error is an *AnswerError.
func Check(cfg *tenant.Config, a Answer, records []Record, by Asker) (Record, error) {
	p := purpose(cfg, a.Purpose)
	if p == nil {
		return Record{}, fault("", "The catalogue has no such purpose.")
	}
	if !Answerable(p) {
		return Record{}, fault("", "This purpose rests on a contract or a legal obligation. There is nothing to agree to or to refuse.")
	}
	r := Record{Purpose: p.Name}
	var err error
	if r.Status, err = status(a, records); err != nil {
		return Record{}, err
	}
	given := r.Status == policies.StatusGiven || r.Status == policies.StatusExplicit
	if r.Proof, err = proof(a.Proof, given, by.Trusted); err != nil {
		return Record{}, err
	}
	if r.Method, err = method(a.Method, by); err != nil {
		return Record{}, err
	}
	if r.Language, err = language(cfg, a.Language, by.Language, given); err != nil {
		return Record{}, err
	}
	if r.TextVersion, err = textVersion(p, a.TextVersion, given); err != nil {
		return Record{}, err
	}
	if r.At, err = moment(a, records, given, by); err != nil {
		return Record{}, err
	}
	if given && p.ValidDays > 0 {
		r.ValidUntil = r.At.AddDate(0, 0, p.ValidDays)
	}
	return r, nil
}

func fault(member, detail string) error { return &AnswerError{member, detail} }

func purpose(cfg *tenant.Config, name string) *tenant.Purpose {
	for i := range cfg.Purposes {
		if cfg.Purposes[i].Name == name {
			return &cfg.Purposes[i]
		}
	}
	return nil
}

// status reads the word. A withdrawal of what was never given is a refusal: the record must not claim a consent that
// never was.
func status(a Answer, records []Record) (policies.Status, error) {
	if a.Explicit && a.Status != "granted" {
		return 0, fault("explicit", "Only what is granted can be granted explicitly.")
	}
	switch a.Status {
	case "granted":
		if a.Explicit {
			return policies.StatusExplicit, nil
		}
		return policies.StatusGiven, nil
	case "refused":
		return policies.StatusRefused, nil
	case "withdrawn":
		if wasGiven(records, a.Purpose) {
			return policies.StatusWithdrawn, nil
		}
		return policies.StatusRefused, nil
	}
	return 0, fault("status", "A status is one of granted, refused and withdrawn.")
}

func wasGiven(records []Record, purpose string) bool {
	return slices.ContainsFunc(records, func(r Record) bool {
		return r.Purpose == purpose && r.Status != policies.StatusNone && r.Status != policies.StatusRefused
	})
}

// proof reads the level. A browser cannot prove that someone answered a confirmation mail.
func proof(word string, given, trusted bool) (policies.Proof, error) {
	p := policies.ProofSingle
	switch word {
	case "", "single":
	case "double":
		if !trusted {
			return 0, fault("proof", "A double opt-in can only be reported with a server key.")
		}
		p = policies.ProofDouble
	default:
		return 0, fault("proof", "A proof is single or double.")
	}
	if !given {
		return policies.ProofNone, nil
	}
	return p, nil
}

func method(word string, by Asker) (string, error) {
	switch word {
	case "":
		return by.Method, nil
	case "banner", "form", "api":
		return word, nil
	case "import":
		if !by.Trusted {
			return "", fault("method", "An import needs a server key.")
		}
		return word, nil
	}
	return "", fault("method", "A method is one of banner, form, api and import.")
}

// language of the text: one that the tenant writes, because another cannot have been shown.
func language(cfg *tenant.Config, answer, asker string, given bool) (string, error) {
	switch {
	case slices.Contains(cfg.Languages, answer):
		return answer, nil
	case answer != "" && given:
	case slices.Contains(cfg.Languages, asker):
		return asker, nil
	case len(cfg.Languages) > 0:
		return cfg.Languages[0], nil
	}
	return "", fault("language", "The purpose's text does not exist in this language, so it cannot have been shown in it.")
}

// textVersion makes sure that a consent is to a text that the tenant is known to have shown. A refusal stands whatever
// text it was given to, so it is never turned away for an old one.
func textVersion(p *tenant.Purpose, shown string, given bool) (string, error) {
	switch {
	case shown == "" || shown == p.TextVersion:
		return p.TextVersion, nil
	case !given:
		return "", nil // not known: nothing is claimed
	}
	return "", fault("text_version", "The text of this purpose is another one now. Show the text of GET /v1/consent and ask again.")
}

// moment of the answer. A clock that ran ahead, the client's or once our own, must not let an older consent outlast a
// newer withdrawal: so no answer lies in the future, and one that is given now is never earlier than the last.
func moment(a Answer, records []Record, given bool, by Asker) (time.Time, error) {
	last, answered := Latest(records, a.Purpose)
	now := by.Now.UTC()
	if a.At.IsZero() || !by.Trusted && (!given || a.At.Sub(now).Abs() <= skew) {
		if answered && last.At.After(now) {
			return last.At, nil
		}
		return now, nil
	}
	switch {
	case !by.Trusted:
		return time.Time{}, fault("at", "An answer at another time than now needs a server key.")
	case a.At.After(now.Add(skew)):
		return time.Time{}, fault("at", "This time is in the future.")
	}
	at := a.At.UTC()
	if at.After(now) {
		at = now
	}
	if answered && at.Before(last.At) {
		return time.Time{}, fault("at", "A later answer to this purpose is on record.")
	}
	return at, nil
}
