package edge

import (
	"context"
	"fmt"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/lotse-edge/lotse/edge/consent"
	"github.com/lotse-edge/lotse/edge/profile"
	"github.com/lotse-edge/lotse/edge/tenant"
	"github.com/lotse-edge/lotse/policies"
	"github.com/lotse-edge/lotse/rules"
)

// journey is one request on its way: what came in, whose profile it is about, what the policy answered, and what the
// modules said. It belongs to one goroutine.
type journey struct {
	server   *Server
	site     *site
	trusted  bool // a server key
	now      time.Time
	at       time.Time // the moment that is asked about; zero: now
	language string
	signals  consent.Signals
	address  string // the visitor's; "" where the caller is the tenant's server
	request  *request

	id      profile.VisitorID
	known   bool // the caller can name the profile: it showed a token of ours, or named it with a server key
	cookie  bool // the token came as a cookie
	stale   bool // a cookie came whose profile is gone
	update  *profile.Update
	profile *profile.Profile
	stored  *profile.Profile // what is on the disk, where a call only reads

	served   uint32                // purposes that the traits of this request may serve, by bit
	rows     []policies.PurposeRow // one for each purpose, in the order of the catalogue
	given    uint32                // purposes that got a consent in this request, by bit
	ended    bool                  // the visitor took a consent back, refused or objected in this request
	removed  int                   // values, events and properties that no purpose allows any more
	verdicts []verdict
	reasons  reasonSet
	grants   []policies.Grant // of all rulings so far
	because  []string         // their reasons
	profiled bool             // a purpose permits profiling
	outcome  rules.Outcome
	explain  bool       // keep what the modules saw
	seen     []answered // of the modules that answered, where explain asks for it
	faults   []faultAnswer

	unanswered int // modules that did not answer, and nothing answered in their place
	replaced   int // modules in whose place their version before answered
}

// toTheEnd is the context of requests: fasthttp ends its own when a shutdown begins, and requests at work are to be finished.
var toTheEnd = context.Background()

// decide is POST /v1/decide.
func (s *Server) decide(ctx *fasthttp.RequestCtx, who caller) error {
	q, err := parseRequest(ctx.PostBody())
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
	answer := j.answer()
	j.sendToken(ctx, answer.Visitor)
	for i := range answer.Verdicts {
		if v := &answer.Verdicts[i]; v.Event != "" {
			s.metrics.verdicts.WithLabelValues(j.site.config.ID, v.Verdict).Inc()
		}
	}
	return writeAnswer(ctx, answer)
}

// run takes the request from the profile's lock to the commit. A withdrawal goes the same way with nothing to add: the
// purposes shrink, what none allows any more goes in the same commit, and scores follow.
func (j *journey) run(ctx context.Context) (err error) {
	if err := j.open(ctx); err != nil {
		return err
	}
	defer j.update.Release() // does nothing after a commit

	if err := j.recordAnswers(); err != nil {
		return err
	}
	if err := j.decideRows(); err != nil {
		return err
	}
	j.logDecisions()
	j.shrink()
	j.served = servedBy(j.site.config, j.request.form)
	j.minimise()
	j.forgetUnlinkable()
	if err := j.evaluate(ctx); err != nil {
		return err
	}
	j.rate()
	return j.commit(ctx)
}

// open takes the profile's lock. A token whose profile is gone, because it was erased or has expired, begins a new visitor:
// the old id is never used again.
func (j *journey) open(ctx context.Context) (err error) {
	store, id := j.server.config.Store, j.site.config.ID
	if !j.known {
		return j.openNew(ctx)
	}
	if j.update, err = store.Begin(ctx, id, j.id); err != nil {
		return err
	}
	j.profile = j.update.Profile()
	if j.request.profile == "" && j.profile.Empty() {
		j.update.Release()
		j.id, j.known, j.stale, j.cookie = newVisitor(), false, j.cookie, false
		return j.openNew(ctx)
	}
	return nil
}

// openNew takes the lock of a profile whose id was made for this request.
func (j *journey) openNew(ctx context.Context) (err error) {
	if j.update, err = j.server.config.Store.BeginNew(ctx, j.site.config.ID, j.id); err != nil {
		return err
	}
	j.profile = j.update.Profile()
	return nil
}

// policyHeader names the digest of the table that a request was answered by.
const policyHeader = "Lotse-Policy"

// newJourney finds out who the request is about.
func (s *Server) newJourney(ctx *fasthttp.RequestCtx, who caller, q *request) (*journey, error) {
	j := &journey{
		server: s, site: who.site, trusted: who.server, now: s.config.Now(), request: q,
		signals: consent.Signals{GPC: consent.ParseGPC(string(ctx.Request.Header.Peek("Sec-GPC")))},
	}
	ctx.Response.Header.Set(policyHeader, who.site.policy.Digest())
	j.language = languageOf(who.site.config, q.language, ctx.Request.Header.Peek("Accept-Language"))
	if !who.server {
		if q.profile != "" {
			return nil, forbidden("A profile may be named with a server key only; a website's visitor is known by a token.")
		}
		if q.restricted != nil {
			return nil, forbidden("A restriction may be set with a server key only.")
		}
		j.address = s.remoteIP(ctx)
	}
	if err := j.checkNames(); err != nil {
		return nil, err
	}
	return j, j.findVisitor(ctx)
}

// findVisitor takes the profile's id from the body of a server's call, or from the token; without either it makes a new
// one, which nobody learns unless something is stored under it.
func (j *journey) findVisitor(ctx *fasthttp.RequestCtx) error {
	if j.request.profile != "" {
		j.id, j.known = j.server.signer.external(j.site.config.ID, j.request.profile), true
		return nil
	}
	id, source, err := j.server.tokenOf(ctx, j.site.config.ID)
	if err != nil {
		return err
	}
	if source == noToken {
		j.id = newVisitor()
		return nil
	}
	j.id, j.known, j.cookie = id, true, source == cookieToken
	return nil
}

// decideRows asks the policy about each purpose.
func (j *journey) decideRows() error {
	config := j.site.config
	age := j.ageBand()
	if age == policies.AgeMinor {
		j.endMinorsConsents()
	}
	situations := consent.Situations(config, j.consentRecords(), j.signals, age, j.objections(), j.profile.Restricted, j.requested(), j.now)
	j.rows = make([]policies.PurposeRow, len(situations))
	for i, situation := range situations {
		decision, err := j.site.policy.Decide(situation)
		if err != nil {
			return fmt.Errorf("decide about the purpose %s: %w", config.Purposes[i].Name, err) // nothing is stored
		}
		j.rows[i] = policies.PurposeRow{Bit: config.Purposes[i].Bit, Row: decision.Row, Key: decision.Key, TTLDays: config.Purposes[i].TTLDays}
	}
	return nil
}

// logDecisions writes down which row answered for each purpose: who it was about is not in it.
func (j *journey) logDecisions() {
	log := j.server.config.Decisions
	if log == nil {
		return
	}
	var keys [tenant.MaxPurposes]uint32
	for i := range j.rows {
		keys[i] = j.rows[i].Key
	}
	log.Append(j.site.log, keys[:len(j.rows)])
}

// shrink rules anew on what is kept. While processing is restricted nothing is removed, because the visitor may need it kept
// (Article 18(2)), but at the visitor's own word.
func (j *journey) shrink() {
	if j.profile.Restricted && !j.ended {
		return
	}
	j.removed = j.profile.Shrink(func(t profile.Target) []policies.Grant {
		target, ok := j.targetOf(t)
		if !ok {
			return nil // the catalogue no longer has it, so no purpose needs it
		}
		return policies.Rule(j.rows, target).Grants
	}, j.coarsen)
}

func (j *journey) targetOf(t profile.Target) (policies.Target, bool) {
	if t.Event {
		event, ok := j.site.config.EventByID(t.ID)
		if !ok {
			return policies.Target{}, false
		}
		return eventTarget(event), true
	}
	field, ok := j.site.config.FieldByID(t.ID)
	if !ok {
		return policies.Target{}, false
	}
	return fieldTarget(field), true
}

func eventTarget(e *tenant.EventType) policies.Target {
	return policies.Target{Category: e.Category, Purposes: uint32(e.Purposes), TTLDays: e.TTLDays}
}

func fieldTarget(f *tenant.Field) policies.Target {
	return policies.Target{Category: f.Category, Tag: f.Tag, Purposes: uint32(f.Purposes), TTLDays: f.TTLDays}
}

// linkable tells whether what is stored could be found again, lawfully: the caller can name the profile already, or a
// purpose that something is stored for permits to leave a token on the device.
func (j *journey) linkable() bool { return j.known || j.devicePurposes()&(j.founded()|j.given) != 0 }

// devicePurposes gives the purposes that may write to the visitor's device.
func (j *journey) devicePurposes() (set uint32) {
	for i := range j.rows {
		if r := j.rows[i].Row; r.Permit && r.Device {
			set |= 1 << j.rows[i].Bit
		}
	}
	return set
}

// founded gives the purposes for which something is stored that the visitor or the website brought. What the server sees
// by itself is no ground to begin a profile.
func (j *journey) founded() uint32 {
	return j.heldBy(func(v *profile.Stored) bool { return v.Provenance != profile.ProvenanceObserved })
}

// held gives the purposes for which something is stored.
func (j *journey) held() uint32 { return j.heldBy(func(*profile.Stored) bool { return true }) }

func (j *journey) heldBy(counts func(*profile.Stored) bool) (set uint32) {
	for i := range j.profile.Values {
		if counts(&j.profile.Values[i]) {
			set |= purposesOf(j.profile.Values[i].Grants)
		}
	}
	for i := range j.profile.Events {
		for k := range j.profile.Events[i].Events {
			set |= purposesOf(j.profile.Events[i].Events[k].Grants)
		}
	}
	return set
}

func purposesOf(grants []policies.Grant) (set uint32) {
	for _, g := range grants {
		set |= 1 << g.Purpose
	}
	return set
}

// forgetUnlinkable drops all when nothing permits to find it again: what nobody can find cannot be shown or erased either.
func (j *journey) forgetUnlinkable() {
	if j.linkable() {
		return
	}
	*j.profile = profile.Profile{ID: j.profile.ID, Created: j.profile.Created}
	for i := range j.verdicts {
		j.verdicts[i].forget(&j.reasons)
	}
}

// commit makes it durable. A tenant may have behavioural events answered before the flush; consent, withdrawals, erasure
// and forms always wait.
func (j *journey) commit(ctx context.Context) error {
	q := j.request
	if j.site.config.AckEarly && len(q.events) > 0 && q.behaviouralOnly() && j.removed == 0 {
		done := j.update.CommitEarly()
		select {
		case err := <-done: // nothing to wait for, or a refusal that is known at once
			return err
		default:
			go j.server.watchEarly(done)
			return nil
		}
	}
	return j.update.Commit(ctx)
}

// watchEarly logs a commit that failed after its answer went out.
func (s *Server) watchEarly(done <-chan error) {
	if err := <-done; err != nil {
		s.config.Log.Error("early acknowledged commit failed", "error", err)
	}
}
