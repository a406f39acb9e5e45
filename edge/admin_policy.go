package edge

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/lotse-edge/lotse/policies"
	"github.com/lotse-edge/lotse/policies/ledger"
)

// policyBody is what GET /admin/v1/policy says.
type policyBody struct {
	Digest     string          `json:"digest"`
	Sources    string          `json:"sources"`
	Since      *time.Time      `json:"since,omitempty"`
	Entry      *int64          `json:"entry,omitempty"` // of the log, that put it in force
	Situations int             `json:"situations"`
	Officers   []string        `json:"officers"`
	Candidates []candidateBody `json:"candidates"`
}

// candidateBody is a policy that waits for approval.
type candidateBody struct {
	Digest      string                `json:"digest"`
	Sources     string                `json:"sources"`
	Replaces    string                `json:"replaces"`
	Changed     int                   `json:"changed"`
	Widened     int                   `json:"widened"`
	Narrowed    int                   `json:"narrowed"`
	InForce     bool                  `json:"in_force"` // there is nothing to approve
	ApprovedBy  []string              `json:"approved_by"`
	Missing     string                `json:"missing,omitempty"` // who has to do what before it may come into force
	Certificate *policies.Certificate `json:"certificate"`
}

// errNoLedger answers where the server was started without a log of policies.
var errNoLedger = newProblem(404, "no-ledger", "The policy of this server stays as it is", "It runs without a log of policies.")

func (s *Server) getPolicy(ctx *fasthttp.RequestCtx, _ []string) error {
	s.applyMu.Lock()
	defer s.applyMu.Unlock()
	body := policyBody{
		Digest: s.policy.Digest(), Sources: s.policy.Source(), Situations: policies.SituationCount,
		Officers: []string{}, Candidates: []candidateBody{},
	}
	if s.config.Ledger != nil {
		body.Officers = append(body.Officers, s.config.Ledger.Officers().Names()...)
		if digest, entry, ok := s.config.Ledger.InForce(); ok && digest.String() == body.Digest {
			body.Entry = &entry
		}
	}
	for _, digest := range slices.Sorted(maps.Keys(s.candidates)) {
		c, err := s.describeCandidate(s.candidates[digest])
		if err != nil {
			return err
		}
		body.Candidates = append(body.Candidates, c)
	}
	return writeJSON(ctx, body)
}

// describeCandidate is called under the apply lock.
func (s *Server) describeCandidate(c *candidate) (candidateBody, error) {
	r := c.release
	body := candidateBody{
		Digest: r.Policy.String(), Sources: r.Sources.String(), Replaces: r.Replaces.String(),
		Changed: int(r.Changed), Widened: int(r.Widened), Narrowed: int(r.Narrowed),
		InForce: r.Policy == r.Replaces, ApprovedBy: []string{}, Certificate: c.certificate,
	}
	if body.InForce {
		return body, nil
	}
	var missing *ledger.NotApproved
	if err := s.missing(c, &missing); err != nil {
		return body, err
	}
	if missing != nil {
		body.Missing = missing.Error()
	}
	for _, a := range s.config.Ledger.Waiting() {
		if a.Release == r && !slices.Contains(body.ApprovedBy, a.By) {
			body.ApprovedBy = append(body.ApprovedBy, a.By)
		}
	}
	return body, nil
}

// postPolicy takes a bundle (tar.gz), proves it and says what it changes. It comes into force by no call but a release.
func (s *Server) postPolicy(ctx *fasthttp.RequestCtx, _ []string) error {
	if s.config.Ledger == nil {
		return errNoLedger
	}
	source, err := policies.ReadBundle(bytes.NewReader(ctx.PostBody()), s.config.PolicyKeys)
	if err != nil {
		return policyProblem(err)
	}
	c, err := s.propose(context.WithoutCancel(ctx), source)
	if err != nil {
		return policyProblem(err)
	}
	s.applyMu.Lock()
	defer s.applyMu.Unlock()
	body, err := s.describeCandidate(c)
	if err != nil {
		return err
	}
	return writeJSON(ctx, body)
}

// policyProblem says what is wrong with a policy, each finding with its file and line.
func policyProblem(err error) error {
	p := newProblem(422, "invalid-policy", "The policy was not taken", "The policy before stays in force. What is wrong:")
	var sources policies.SourceErrors
	var findings policies.Findings
	switch {
	case errors.As(err, &sources):
		for _, f := range sources {
			p.Errors = append(p.Errors, Finding{File: f.File, Line: f.Line, Detail: f.Message})
		}
	case errors.As(err, &findings):
		for _, f := range findings {
			plain := *f
			plain.File, plain.Line = "", 0
			p.Errors = append(p.Errors, Finding{File: f.File, Line: f.Line, Detail: plain.Error()})
		}
	default:
		return err
	}
	return p
}

// postApproval takes a signed approval (a note) of a policy that waits.
func (s *Server) postApproval(ctx *fasthttp.RequestCtx, parts []string) error {
	if s.config.Ledger == nil {
		return errNoLedger
	}
	missing, err := s.approve(parts[0], string(ctx.PostBody()))
	if err != nil {
		return err
	}
	body := map[string]any{"digest": parts[0], "ready": missing == nil}
	if missing != nil {
		body["missing"] = missing.Error()
	}
	return writeJSON(ctx, body)
}

func (s *Server) releasePolicy(ctx *fasthttp.RequestCtx, parts []string) error {
	if s.config.Ledger == nil {
		return errNoLedger
	}
	if err := s.release(context.WithoutCancel(ctx), parts[0]); err != nil {
		return err
	}
	return s.getPolicy(ctx, nil)
}

// withdrawPolicy forgets a policy that waits.
func (s *Server) withdrawPolicy(ctx *fasthttp.RequestCtx, parts []string) error {
	s.applyMu.Lock()
	defer s.applyMu.Unlock()
	if _, ok := s.candidates[parts[0]]; !ok {
		return notFound("No policy of this digest waits for approval.")
	}
	delete(s.candidates, parts[0])
	ctx.SetStatusCode(204)
	return nil
}

// postOfficer makes a public key that of an officer.
func (s *Server) postOfficer(ctx *fasthttp.RequestCtx, _ []string) error {
	if s.config.Ledger == nil {
		return errNoLedger
	}
	entry, err := s.config.Ledger.AddOfficer(string(ctx.PostBody()), s.config.Now())
	if err != nil {
		return newProblem(409, "officer", "The officer was not taken", err.Error())
	}
	return writeJSON(ctx, map[string]any{"entry": entry, "officers": s.config.Ledger.Officers().Names()})
}

func (s *Server) deleteOfficer(ctx *fasthttp.RequestCtx, parts []string) error {
	if s.config.Ledger == nil {
		return errNoLedger
	}
	entry, err := s.config.Ledger.RemoveOfficer(parts[0], s.config.Now())
	if err != nil {
		return newProblem(409, "officer", "The officer was not removed", err.Error())
	}
	return writeJSON(ctx, map[string]any{"entry": entry, "officers": s.config.Ledger.Officers().Names()})
}

// getCounts says how often each situation was decided, over all tenants and policies, by the situation's number: no sample, and
// nothing personal.
func (s *Server) getCounts(ctx *fasthttp.RequestCtx, _ []string) error {
	counts := map[string]uint64{}
	if log := s.config.Decisions; log != nil {
		for _, table := range log.Counts().Tables {
			for key, n := range table.Rows {
				counts[strconv.FormatUint(uint64(key), 10)] += n
			}
		}
	}
	s.applyMu.Lock()
	digest := s.policy.Digest()
	s.applyMu.Unlock()
	return writeJSON(ctx, map[string]any{"digest": digest, "counts": counts})
}
