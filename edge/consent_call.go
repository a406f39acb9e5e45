package edge

import (
	"time"

	"github.com/valyala/fasthttp"

	"github.com/lotse-edge/lotse/edge/consent"
	"github.com/lotse-edge/lotse/edge/profile"
	"github.com/lotse-edge/lotse/policies"
)

// consentAnswerBody is what both consent calls answer.
type consentAnswerBody struct {
	Visitor  string            `json:"visitor,omitempty"`
	Verdicts []verdict         `json:"verdicts,omitempty"`
	Purposes []purposeAnswer   `json:"purposes"`
	Removed  *int              `json:"removed,omitempty"` // values, events and properties that no purpose allows any more
	GPC      bool              `json:"gpc"`
	Language string            `json:"language"`
	Reasons  map[string]string `json:"reasons"`
	Policy   string            `json:"policy"`
}

type purposeAnswer struct {
	Purpose     string     `json:"purpose"`
	Title       string     `json:"title"`
	Text        string     `json:"text"`
	TextVersion string     `json:"text_version"`
	Basis       string     `json:"basis"`
	Status      string     `json:"status"`
	At          *time.Time `json:"at,omitempty"`
	ValidUntil  *time.Time `json:"valid_until,omitempty"`
	Method      string     `json:"method,omitempty"`
	Shown       string     `json:"shown,omitempty"` // version of the text that the answer was given to
	Objected    bool       `json:"objected,omitempty"`
	NeedsAnswer bool       `json:"needs_answer"`
	Permitted   bool       `json:"permitted"`
	Reasons     []string   `json:"reasons"`
	Transfer    bool       `json:"transfer"` // data of the purpose may leave: a letter may be sent, a recipient be told
	WhyTransfer []string   `json:"transfer_reasons,omitempty"`
}

// postConsent is POST /v1/consent: the journey with answers and nothing else.
func (s *Server) postConsent(ctx *fasthttp.RequestCtx, who caller) error {
	q, err := parseConsent(ctx.PostBody())
	if err != nil {
		return err
	}
	j, err := s.newJourney(ctx, who, q)
	if err != nil {
		return err
	}
	if err := j.run(toTheEnd); err != nil {
		return err
	}
	body := j.consentAnswer()
	j.sendToken(ctx, body.Visitor)
	body.Removed = &j.removed
	return writeJSON(ctx, body)
}

// parseConsent reads the body of POST /v1/consent: purposes with their answers, beside the members that say about whom and
// how. A purpose cannot be called like one of those members.
func parseConsent(body []byte) (*request, error) {
	r, q := newReader(body), &request{}
	defer r.release()
	err := r.object(maxConsents+8, func(name string) (err error) {
		switch name {
		case "profile":
			q.profile, err = r.name(maxExternalID)
		case "language":
			q.language, err = r.name(16)
		case "objections":
			q.objections, err = r.objections()
		case "restricted":
			var b bool
			b, err = r.boolean()
			q.restricted = &b
		default:
			var a consentAnswer
			a, err = r.purposeAnswer(name)
			q.consent = append(q.consent, a)
		}
		return err
	})
	if err == nil {
		err = r.end()
	}
	if err == nil && len(q.consent) == 0 && len(q.objections) == 0 && q.restricted == nil {
		err = invalidBody("", "Say for at least one purpose whether it is granted, refused or withdrawn.")
	}
	if err != nil {
		return nil, err
	}
	return q, nil
}

// getConsent is GET /v1/consent: what is asked, with the texts to show, and what was answered. It stores nothing.
func (s *Server) getConsent(ctx *fasthttp.RequestCtx, who caller) error {
	j, err := s.readOnly(ctx, who)
	if err != nil {
		return err
	}
	return writeJSON(ctx, j.consentAnswer())
}

// readOnly is the part of a journey that reads: the visitor, the profile as it may be seen now, the rows.
func (s *Server) readOnly(ctx *fasthttp.RequestCtx, who caller) (*journey, error) {
	q := &request{language: string(ctx.QueryArgs().Peek("language"))}
	if id := ctx.QueryArgs().Peek("profile"); len(id) > 0 {
		if len(id) > maxExternalID {
			return nil, invalidHeader("query", "profile is too long.")
		}
		q.profile = string(id)
	}
	j, err := s.newJourney(ctx, who, q)
	if err != nil {
		return nil, err
	}
	return j, j.look()
}

// look reads the profile without its lock. What is stored stays to be seen in full; the profile that is ruled on, as the next
// request would, is another copy.
func (j *journey) look() (err error) {
	if j.profile, err = j.read(); err != nil {
		return err
	}
	if j.stored, err = j.read(); err != nil {
		return err
	}
	if err := j.decideRows(); err != nil {
		return err
	}
	j.shrink()
	return nil
}

// read gives a copy of the profile, an empty one where there is none.
func (j *journey) read() (*profile.Profile, error) {
	if !j.known {
		return &profile.Profile{}, nil
	}
	p, ok, err := j.server.config.Store.Read(toTheEnd, j.site.config.ID, j.id)
	if err != nil || ok {
		return p, err
	}
	return &profile.Profile{}, nil
}

func (j *journey) consentAnswer() *consentAnswerBody {
	config := j.site.config
	body := &consentAnswerBody{GPC: j.signals.GPC, Verdicts: j.verdicts, Language: j.language, Policy: j.site.policy.Digest()}
	if j.mayTell() {
		body.Visitor = j.server.signer.token(config.ID, j.id)
	}
	records := j.consentRecords()
	for i := range config.Purposes {
		p := &config.Purposes[i]
		row := j.rows[i].Row
		a := purposeAnswer{
			Purpose: p.Name, Title: p.Title.In(j.language, config.Languages[0]), Text: p.Text.In(j.language, config.Languages[0]),
			TextVersion: p.TextVersion, Basis: p.Basis.String(), Status: policies.StatusNone.String(),
			Objected: j.profile.HasObjected(p.Bit), Permitted: row.Permit, Reasons: row.Reasons,
			Transfer: row.Permit && row.Transfer, WhyTransfer: row.TransferReasons,
		}
		status := policies.StatusNone
		if r, ok := consent.Latest(records, p.Name); ok {
			status = r.StatusAt(j.now)
			a.Status, a.Method, a.Shown, a.At = status.String(), r.Method, r.TextVersion, &r.At
			if !r.ValidUntil.IsZero() {
				a.ValidUntil = &r.ValidUntil
			}
		}
		a.NeedsAnswer = consent.NeedsAnswer(p, status)
		j.reasons.add(row.Reasons...)
		j.reasons.add(row.TransferReasons...)
		body.Purposes = append(body.Purposes, a)
	}
	body.Reasons = reasonTexts(j.site.policy, j.reasons.ids, j.language)
	return body
}
