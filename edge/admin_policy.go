package edge

import (
	"bytes"
	"errors"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

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
	Head       string          `json:"head,omitempty"` // of the log, signed, for an officer to keep
}

// candidateBody is a policy that waits for approval.
type candidateBody struct {
	Digest      string                `json:"digest"`
	Sources     string                `json:"sources"`
	Replaces    string                `json:"replaces"`
	Revision    string                `json:"revision,omitempty"`  // of its manifest
	SignedBy    string                `json:"signed_by,omitempty"` // id of the key that its bundle was signed with
	Changed     int64                 `json:"changed"`
	Widened     int64                 `json:"widened"`
	Narrowed    int64                 `json:"narrowed"`
	InForce     bool                  `json:"in_force"` // there is nothing to approve
	ApprovedBy  []string              `json:"approved_by"`
	Missing     string                `json:"missing,omitempty"` // who has to do what before it may come into force
	Broken      []Finding             `json:"broken,omitempty"`  // own rules of tenants that do not hold under it: they keep it from coming into force
	Certificate *policies.Certificate `json:"certificate"`
}

// errNoLedger answers where the server was started without a log of policies.
func errNoLedger() error {
	return newProblem(404, "no-ledger", "The policy of this server stays as it is", "It runs without a log of policies.")
}

func (s *Server) getPolicy(ctx *fasthttp.RequestCtx, _ []string) error {
	now := s.policy()
	body := policyBody{
		Digest: now.Digest(), Sources: now.Source(), Situations: policies.SituationCount, Officers: []string{}, Candidates: []candidateBody{},
	}
	if log := s.config.Ledger; log != nil {
		body.Officers = append(body.Officers, log.Officers().Names()...)
		body.Head = log.Head()
		if e, ok := log.InForce(); ok && e.Release.Policy.String() == body.Digest {
			body.Since, body.Entry = &e.At, &e.Number
		}
		for _, c := range s.candidates.list() {
			body.Candidates = append(body.Candidates, s.describeCandidate(c))
		}
	}
	return writeJSON(ctx, body)
}

func (s *Server) describeCandidate(c *candidate) candidateBody {
	r := c.release
	body := candidateBody{
		Digest: r.Policy.String(), Sources: r.Sources.String(), Replaces: r.Replaces.String(), Revision: c.source.Revision, SignedBy: c.source.SignedBy,
		Changed: r.Changed, Widened: r.Widened, Narrowed: r.Narrowed, InForce: c.inForce(s.policy()),
		ApprovedBy: []string{}, Broken: c.broken, Certificate: c.certificate,
	}
	if body.InForce {
		return body
	}
	switch missing, err := s.missing(c); {
	case !s.config.Ledger.Governed():
		body.Missing = "there is no officer to approve it yet: name one first"
	case err != nil:
		body.Missing = "another policy came into force meanwhile; send this one again"
	case missing != nil:
		body.Missing = missing.Error()
	}
	for _, a := range s.config.Ledger.Waiting() {
		if a.Release == r && !slices.Contains(body.ApprovedBy, a.By) {
			body.ApprovedBy = append(body.ApprovedBy, a.By)
		}
	}
	return body
}

// postPolicy takes a bundle (tar.gz), proves it and says what it changes. It comes into force by no call but a release.
func (s *Server) postPolicy(ctx *fasthttp.RequestCtx, _ []string) error {
	if s.config.Ledger == nil {
		return errNoLedger()
	}
	source, err := policies.ReadBundle(bytes.NewReader(ctx.PostBody()), s.config.PolicyKeys)
	if err != nil {
		return policyProblem(err, sentence(err))
	}
	c, err := s.propose(s.stopping, source) // it changes nothing, so a shutdown need not wait for it
	if err != nil {
		return policyProblem(err, "")
	}
	return writeJSON(ctx, s.describeCandidate(c))
}

// policyProblem says what is wrong with a policy, each finding with its file and line. Of any other error it is a problem if there
// are words for it.
func policyProblem(err error, words string) error {
	found, ok := policyFindings(err)
	switch {
	case ok:
		words = "The policy before stays in force. See errors for what is wrong."
	case words == "":
		return err
	}
	p := newProblem(422, "invalid-policy", "The policy was not taken", words)
	p.Errors = found
	return p
}

// policyFindings gives what is wrong with the texts of a policy or with its answers; false where the error is another one.
func policyFindings(err error) (found []Finding, ok bool) {
	var sources policies.SourceErrors
	var findings policies.Findings
	switch {
	case errors.As(err, &sources):
		for _, f := range sources {
			found = append(found, Finding{File: f.File, Line: f.Line, Detail: f.Message})
		}
	case errors.As(err, &findings):
		for _, f := range findings {
			placeless := *f
			placeless.File, placeless.Line = "", 0
			found = append(found, Finding{File: f.File, Line: f.Line, Detail: placeless.Error()})
		}
	default:
		return nil, false
	}
	return found, true
}

// tenantFindings is policyFindings for a tenant's own rules, which are in a folder of the tenant's.
func tenantFindings(err error) ([]Finding, bool) {
	found, ok := policyFindings(err)
	for i := range found {
		if found[i].File != "" {
			found[i].File = "policies/" + found[i].File
		}
	}
	return found, ok
}

// postApproval takes a signed approval (a note) of a policy that waits.
func (s *Server) postApproval(ctx *fasthttp.RequestCtx, parts []string) error {
	if s.config.Ledger == nil {
		return errNoLedger()
	}
	c, err := s.approve(parts[0], string(ctx.PostBody()))
	if err != nil {
		return err
	}
	return writeJSON(ctx, s.describeCandidate(c))
}

func (s *Server) releasePolicy(ctx *fasthttp.RequestCtx, parts []string) error {
	if s.config.Ledger == nil {
		return errNoLedger()
	}
	if err := s.release(s.stopping, parts[0]); err != nil {
		return err
	}
	return s.getPolicy(ctx, nil)
}

// withdrawPolicy forgets a policy that waits. What was approved of it stays in the log.
func (s *Server) withdrawPolicy(ctx *fasthttp.RequestCtx, parts []string) error {
	if _, err := s.candidates.get(parts[0]); err != nil {
		return err
	}
	s.candidates.remove(parts[0])
	s.config.Log.Info("policy withdrawn", "digest", parts[0])
	ctx.SetStatusCode(204)
	return nil
}

// getSources gives the bundle of a policy that waits or ever was in force, by the digest of its sources, so that an officer can prove
// and read it before signing.
func (s *Server) getSources(ctx *fasthttp.RequestCtx, parts []string) error {
	if s.config.Ledger == nil {
		return errNoLedger()
	}
	digest, err := ledger.ParseDigest(parts[0])
	if err != nil || digest == (ledger.Digest{}) {
		return notFound("The sources of a policy are named by a digest of 64 hexadecimal digits.")
	}
	bundle, err := s.sourcesOf(digest.String())
	if errors.Is(err, fs.ErrNotExist) {
		return notFound("No policy with these sources waits or was in force.")
	}
	if err != nil {
		return err
	}
	ctx.SetContentType("application/gzip")
	ctx.SetBody(bundle)
	return nil
}

func (s *Server) sourcesOf(digest string) ([]byte, error) {
	for _, c := range s.candidates.list() {
		if c.table.Source() == digest {
			var b bytes.Buffer
			err := policies.WriteBundle(&b, c.source, nil)
			return b.Bytes(), err
		}
	}
	return s.config.Policies.LoadPolicy(digest)
}

// postOfficer makes a public key that of an officer.
func (s *Server) postOfficer(ctx *fasthttp.RequestCtx, _ []string) error {
	return s.changeOfficers(ctx, "The officer was not added", func(log *ledger.Log) (int64, error) {
		return log.AddOfficer(string(ctx.PostBody()), s.config.Now())
	})
}

func (s *Server) deleteOfficer(ctx *fasthttp.RequestCtx, parts []string) error {
	return s.changeOfficers(ctx, "The officer was not removed", func(log *ledger.Log) (int64, error) {
		return log.RemoveOfficer(parts[0], s.config.Now())
	})
}

func (s *Server) changeOfficers(ctx *fasthttp.RequestCtx, refused string, change func(*ledger.Log) (int64, error)) error {
	log := s.config.Ledger
	if log == nil {
		return errNoLedger()
	}
	entry, err := change(log)
	if err != nil {
		return ledgerProblem("officer", refused, err)
	}
	s.config.Log.Info("officers changed", "entry", entry)
	return writeJSON(ctx, map[string]any{"entry": entry, "officers": append([]string{}, log.Officers().Names()...)})
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
	return writeJSON(ctx, map[string]any{"digest": s.policy().Digest(), "counts": counts})
}

// sentence makes an error's text one for people.
func sentence(err error) string {
	first, size := utf8.DecodeRuneInString(err.Error())
	return strings.TrimSuffix(string(unicode.ToUpper(first))+err.Error()[size:], ".") + "."
}
