package edge_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"maps"
	"strings"
	"testing"

	"github.com/lotse-edge/lotse/edge"
	"github.com/lotse-edge/lotse/policies"
	"github.com/lotse-edge/lotse/policies/decisions"
	"github.com/lotse-edge/lotse/policies/ledger"
)

// policyKey is an admin token that may change the policy.
const policyKey = "lk_a_policy"

// office is a server under test with a log of policies, a log of decisions, and two officers, anna and ben.
type office struct {
	*bench
	files     *memoryFiles // of all logs and sources
	log       *ledger.Log
	logKey    string
	decisions *decisions.Log
	private   map[string]string // keys of the officers
}

// startOffice runs a server whose policy can be changed. The officers are named where there are none yet; change may be nil.
func startOffice(t testing.TB, change func(*edge.Config)) *office {
	t.Helper()
	o := &office{files: &memoryFiles{files: map[string][]byte{}}, private: map[string]string{}}
	var err error
	if o.logKey, _, err = ledger.NewLogKey(rand.Reader); err != nil {
		t.Fatal(err)
	}
	o.openLog(t)
	if o.decisions, err = decisions.Open(decisions.Config{
		Files: o.files, Report: func(err error) { t.Errorf("log of decisions: %v", err) },
	}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // after the server's end, whose clean-up is registered later
		if err := o.decisions.Close(); err != nil {
			t.Errorf("close the log of decisions: %v", err)
		}
	})
	base, err := basePolicy()
	if err != nil {
		t.Fatal(err)
	}
	first, err := edge.ReleaseOf(base, base)
	if err != nil {
		t.Fatal(err)
	}
	first.Replaces = ledger.Digest{}
	if _, err := o.log.PutInForce(first, begin); err != nil {
		t.Fatal(err)
	}
	o.bench = start(t, func(c *edge.Config) {
		c.Tokens = append(c.Tokens, edge.AdminToken{Hash: sha256.Sum256([]byte(policyKey)), Scopes: []edge.Scope{edge.ScopePolicy, edge.ScopeRead}})
		c.Ledger, c.Policies, c.Decisions = o.log, o.files, o.decisions
		c.Prover = policies.Config{Host: policyHost{}, Proofs: keptProofs}
		c.Rate = 1e9
		if change != nil {
			change(c)
		}
	})
	return o
}

func (o *office) openLog(t testing.TB) {
	t.Helper()
	var err error
	if o.log, err = ledger.Open(o.files, o.logKey); err != nil {
		t.Fatal(err)
	}
}

// hire makes somebody an officer.
func (o *office) hire(t testing.TB, names ...string) {
	t.Helper()
	for _, name := range names {
		private, public, err := ledger.NewOfficerKey(name, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		o.private[name] = private
		o.ask(t, "POST", "/officers", []byte(public), 200, nil)
	}
}

// waiting is a policy that waits, as the admin listener tells it.
type waiting struct {
	Digest, Sources, Replaces  string
	Changed, Widened, Narrowed int64
	ApprovedBy                 []string `json:"approved_by"`
	InForce                    bool     `json:"in_force"`
	Missing                    string
	Broken                     []struct{ File, Detail string }
	Certificate                policies.Certificate
}

// status is what GET /admin/v1/policy says.
type status struct {
	Digest, Sources, Head string
	Entry                 *int64
	Officers              []string
	Candidates            []waiting
}

// ask calls the admin listener about the policy, and wants a status.
func (o *office) ask(t testing.TB, method, path string, body []byte, want int, answer any) string {
	t.Helper()
	res, text := o.send(t, method, o.admin+"/admin/v1/policy"+path, policyKey, body)
	if res.StatusCode != want {
		t.Fatalf("%s %s: status %d, want %d: %s", method, path, res.StatusCode, want, text)
	}
	if answer != nil {
		if err := json.Unmarshal(text, answer); err != nil {
			t.Fatalf("%s %s: %v: %s", method, path, err, text)
		}
	}
	return string(text)
}

// refused calls the admin listener and wants a problem with all of these words.
func (o *office) refused(t testing.TB, method, path string, body []byte, want int, words ...string) {
	t.Helper()
	res, text := o.send(t, method, o.admin+"/admin/v1/policy"+path, policyKey, body)
	if res.StatusCode != want || res.Header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("%s %s: status %d, want %d: %s", method, path, res.StatusCode, want, text)
	}
	for _, word := range words {
		if !strings.Contains(string(text), word) {
			t.Errorf("%s %s: %s, without %q", method, path, text, word)
		}
	}
}

func (o *office) status(t testing.TB) (s status) {
	t.Helper()
	o.ask(t, "GET", "", nil, 200, &s)
	return s
}

// push proposes a policy.
func (o *office) push(t testing.TB, s policies.Source) (w waiting) {
	t.Helper()
	o.ask(t, "POST", "", bundleOf(t, s), 200, &w)
	return w
}

func bundleOf(t testing.TB, s policies.Source) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := policies.WriteBundle(&b, s, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// sign gives an officer's approval of a policy that waits.
func (o *office) sign(t testing.TB, name string, w waiting) []byte {
	t.Helper()
	s := ledger.Statement{Release: ledger.Release{Changed: w.Changed, Widened: w.Widened, Narrowed: w.Narrowed}, By: name, At: o.clock()}
	var errs [3]error
	s.Policy, errs[0] = ledger.ParseDigest(w.Digest)
	s.Sources, errs[1] = ledger.ParseDigest(w.Sources)
	s.Replaces, errs[2] = ledger.ParseDigest(w.Replaces)
	if err := errors.Join(errs[:]...); err != nil {
		t.Fatal(err)
	}
	signed, err := ledger.Sign(o.private[name], s)
	if err != nil {
		t.Fatal(err)
	}
	return []byte(signed)
}

func (o *office) approve(t testing.TB, w waiting, names ...string) {
	t.Helper()
	for _, name := range names {
		o.ask(t, "POST", "/candidates/"+w.Digest+"/approvals", o.sign(t, name, w), 200, nil)
	}
}

// putInForce takes a policy from the proposal to the release.
func (o *office) putInForce(t testing.TB, s policies.Source, approvedBy ...string) (w waiting) {
	t.Helper()
	w = o.push(t, s)
	o.approve(t, w, approvedBy...)
	o.ask(t, "POST", "/candidates/"+w.Digest+"/release", nil, 200, nil)
	return w
}

// baseWith is the base policy with one text in place of another, wherever it is.
func baseWith(t testing.TB, old, by string) policies.Source {
	t.Helper()
	s, err := policies.Base()
	if err != nil {
		t.Fatal(err)
	}
	s.Files = maps.Clone(s.Files)
	found := false
	for name, text := range s.Files {
		found = found || strings.Contains(text, old)
		s.Files[name] = strings.ReplaceAll(text, old, by)
	}
	if !found {
		t.Fatalf("no file of the base policy holds %q", old)
	}
	return s
}

// narrowRule refuses what the base policy permits: a profile of who agreed, where the device is written to.
const narrowRule = `
# METADATA
# title: Nobody is profiled under this policy
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_5
# custom:
#   id: test.narrow
#   title_de: Unter diesen Regeln wird niemand eingeordnet
#   article: "5(1)(c)"
refusals contains "test.narrow" if {
	input.basis == "consent"
	input.asked == "score"
	input.device == "consented"
	input.status == "given"
}
`

// narrowPolicy is the base policy with narrowRule.
func narrowPolicy(t testing.TB) policies.Source {
	t.Helper()
	s, err := policies.Base()
	if err != nil {
		t.Fatal(err)
	}
	const file = "privacy/basis/basis.rego"
	s.Files = maps.Clone(s.Files)
	s.Files[file] += narrowRule
	return s
}

// proved proves a source as the server does.
func proved(t testing.TB, s policies.Source) *policies.Table {
	t.Helper()
	table, _, err := policies.Prove(context.Background(), policies.Config{Source: s, Host: policyHost{}, Proofs: keptProofs})
	if err != nil {
		t.Fatal(err)
	}
	return table
}
