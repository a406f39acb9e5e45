package edge

import (
	"strconv"
	"time"
)

// request is the body of POST /v1/decide.
type request struct {
	profile    string // the tenant's own id of a profile; with a server key only
	language   string
	events     []event
	traits     []namedValue
	consent    []consentAnswer
	objections []objection
	restricted *bool // Article 18; with a server key only
	slots      []string
	form       string
	declined   []string // questions that the visitor passed over
	want       wants
}

// behaviouralOnly tells whether the request carries events and nothing that must be on the disk before it is answered.
func (q *request) behaviouralOnly() bool {
	return len(q.consent) == 0 && len(q.objections) == 0 && q.restricted == nil && len(q.traits) == 0 && q.form == "" && len(q.declined) == 0
}

// wants says what the answer shall carry beside verdicts and content.
type wants struct{ scores, segments, stage, reasons bool }

type event struct {
	id         string
	kind       string
	time       time.Time // zero: now
	count      float64
	properties []namedValue
}

type namedValue struct {
	name  string
	value any // string, float64, bool; nil: absent
}

// objection is a visitor's objection to a purpose (Article 21), or its end.
type objection struct {
	purpose string
	objects bool
}

// consentAnswer is a visitor's answer for one purpose.
type consentAnswer struct {
	purpose     string
	status      string
	explicit    bool
	proof       string
	method      string
	at          time.Time
	textVersion string
	language    string
	pointer     string
}

// parseRequest reads the body of POST /v1/decide.
func parseRequest(body []byte) (*request, error) {
	r, q := newReader(body), &request{}
	defer r.release()
	err := r.object(32, func(name string) (err error) {
		switch name {
		case "profile":
			q.profile, err = r.name(maxExternalID)
		case "language":
			q.language, err = r.name(16)
		case "events":
			err = r.array(maxEvents, func() error { return r.event(q) })
		case "traits":
			q.traits, err = r.values(maxTraits)
		case "consent":
			q.consent, err = r.consent()
		case "objections":
			q.objections, err = r.objections()
		case "restricted":
			var b bool
			b, err = r.boolean()
			q.restricted = &b
		case "slots":
			q.slots, err = r.names(maxSlots)
		case "form":
			q.form, err = r.name(maxName)
		case "declined":
			q.declined, err = r.names(maxTraits)
		case "want":
			err = r.wants(&q.want)
		default:
			err = r.unknown(name, "profile", "language", "events", "traits", "consent", "objections", "restricted", "slots", "form",
				"declined", "want")
		}
		return err
	})
	if err == nil {
		err = r.end()
	}
	if err != nil {
		return nil, err
	}
	return q, nil
}

func (r *reader) event(q *request) error {
	e := event{count: 1}
	err := r.object(8, func(name string) (err error) {
		switch name {
		case "id":
			e.id, err = r.name(maxEventID)
		case "type":
			e.kind, err = r.name(maxName)
		case "time":
			e.time, err = r.instant()
		case "count":
			if e.count, err = r.number(); err == nil && (e.count <= 0 || e.count > maxCount) {
				err = r.fail("A count is above 0 and at most " + strconv.Itoa(maxCount) + ".")
			}
		case "properties":
			e.properties, err = r.values(maxProperties)
		default:
			err = r.unknown(name, "id", "type", "time", "count", "properties")
		}
		return err
	})
	if err != nil {
		return err
	}
	if e.kind == "" {
		return r.fail("An event needs a type.")
	}
	if e.id == "" {
		return r.fail("An event needs an id, so that it counts once even when it is sent twice.")
	}
	q.events = append(q.events, e)
	return nil
}

func (r *reader) values(most int) (list []namedValue, err error) {
	err = r.object(most, func(name string) error {
		v, err := r.scalar()
		if err == nil && name == "" {
			err = r.fail("The name of a field is empty.")
		}
		if list == nil {
			list = make([]namedValue, 0, 4)
		}
		list = append(list, namedValue{name, v})
		return err
	})
	return list, err
}

func (r *reader) names(most int) (list []string, err error) {
	err = r.array(most, func() error {
		s, err := r.name(maxName)
		if list == nil {
			list = make([]string, 0, 4)
		}
		list = append(list, s)
		return err
	})
	return list, err
}

func (r *reader) wants(w *wants) error {
	return r.array(maxWants, func() error {
		s, err := r.name(maxName)
		if err != nil {
			return err
		}
		switch s {
		case "scores":
			w.scores = true
		case "segments":
			w.segments = true
		case "stage":
			w.stage = true
		case "reasons":
			w.reasons = true
		default:
			return r.unknown(s, "scores", "segments", "stage", "reasons")
		}
		return nil
	})
}

// consent reads a visitor's answers by purpose.
func (r *reader) consent() (list []consentAnswer, err error) {
	err = r.object(maxConsents, func(purpose string) error {
		a, err := r.purposeAnswer(purpose)
		list = append(list, a)
		return err
	})
	return list, err
}

// purposeAnswer reads the answer to one purpose: a status, or an object that also says how the answer was given.
func (r *reader) purposeAnswer(purpose string) (a consentAnswer, err error) {
	a.purpose = purpose
	if r.dec.PeekKind() == '{' {
		err = r.object(8, func(name string) error { return r.answer(name, &a) })
	} else {
		a.status, err = r.name(maxName)
	}
	a.pointer = string(r.dec.StackPointer())
	if err == nil && a.status == "" {
		err = r.fail("An answer needs a status: granted, refused or withdrawn.")
	}
	return a, err
}

// objections reads which purposes the visitor objects to: a list, or an object in which false takes an objection back.
func (r *reader) objections() (list []objection, err error) {
	if r.dec.PeekKind() != '{' {
		names, err := r.names(maxConsents)
		for _, name := range names {
			list = append(list, objection{name, true})
		}
		return list, err
	}
	err = r.object(maxConsents, func(purpose string) error {
		objects, err := r.boolean()
		list = append(list, objection{purpose, objects})
		return err
	})
	return list, err
}

func (r *reader) answer(name string, a *consentAnswer) (err error) {
	switch name {
	case "status":
		a.status, err = r.name(maxName)
	case "explicit":
		a.explicit, err = r.boolean()
	case "proof":
		a.proof, err = r.name(maxName)
	case "method":
		a.method, err = r.name(maxName)
	case "at":
		a.at, err = r.instant()
	case "text_version":
		a.textVersion, err = r.name(128)
	case "language":
		a.language, err = r.name(16)
	default:
		err = r.unknown(name, "status", "explicit", "proof", "method", "at", "text_version", "language")
	}
	return err
}
