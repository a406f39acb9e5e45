package edge_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/lotse-edge/lotse/edge"
	"github.com/lotse-edge/lotse/policies"
	"github.com/lotse-edge/lotse/policies/ledger"
)

// TestPolicyRelease: a narrower policy needs one officer, a wider one two; a release needs what it needs, and is in the log.
func TestPolicyRelease(t *testing.T) {
	o := startOffice(t, nil)
	before := o.status(t)
	if before.Entry == nil || *before.Entry != 0 || len(before.Officers) != 0 || len(before.Candidates) != 0 {
		t.Errorf("at the start: %+v", before)
	}
	narrow := narrowPolicy(t)
	w := o.push(t, narrow)
	if w.Widened != 0 || w.Narrowed == 0 || w.Narrowed > w.Changed || w.Replaces != before.Digest || !strings.Contains(w.Missing, "no officer") {
		t.Errorf("a narrower policy: %+v", w)
	}
	if w.Certificate.Digest != w.Digest || w.Certificate.Situations != policies.SituationCount || w.Certificate.Laws == 0 {
		t.Errorf("certificate %+v", w.Certificate)
	}
	release, approvals := "/candidates/"+w.Digest+"/release", "/candidates/"+w.Digest+"/approvals"
	o.refused(t, "POST", release, nil, 409, "nobody to approve", "lotse policy officers add")
	o.hire(t, "anna", "ben")
	o.refused(t, "POST", release, nil, 409, "not approved", "an officer has to read what it changes")
	o.approve(t, w, "anna")
	o.refused(t, "POST", approvals, o.sign(t, "anna", w), 409, "in the log already")
	if got := o.status(t).Candidates; len(got) != 1 || !slices.Equal(got[0].ApprovedBy, []string{"anna"}) || got[0].Missing != "" {
		t.Errorf("approved: %+v", got)
	}
	var now status
	o.ask(t, "POST", release, nil, 200, &now)
	if now.Digest != w.Digest || now.Sources != w.Sources || *now.Entry != 4 || len(now.Candidates) != 0 {
		t.Errorf("in force: %+v", now)
	}
	if again := o.push(t, narrow); !again.InForce {
		t.Errorf("what is in force is proposed: %+v", again)
	}
	o.refused(t, "POST", release, nil, 404, "waits for approval")

	o.advance(1e9 * 60)
	back := o.push(t, baseWith(t, "consent.given", "consent.given"))
	if back.Widened != w.Narrowed || back.Narrowed != 0 || back.Digest != before.Digest {
		t.Errorf("the way back: %+v", back)
	}
	o.approve(t, back, "anna")
	o.refused(t, "POST", "/candidates/"+back.Digest+"/release", nil, 409, "only anna has approved it; another officer")
	o.approve(t, back, "ben")
	o.ask(t, "POST", "/candidates/"+back.Digest+"/release", nil, 200, &now)
	if now.Digest != before.Digest || *now.Entry != 7 {
		t.Errorf("in force: %+v", now)
	}
	public, err := ledger.PublicLogKey(o.logKey)
	if err != nil {
		t.Fatal(err)
	}
	if r, err := ledger.Verify(o.files, public); err != nil || len(r.Entries) != 8 || r.Signed != now.Head {
		t.Errorf("the log: %v", err)
	}
}

// TestPolicyWords: other words for a reason are another release, though every answer stays: visitors read them.
func TestPolicyWords(t *testing.T) {
	o := startOffice(t, nil)
	o.apply("words", small("words")) // before there is an officer, who would have to approve its modules
	o.hire(t, "anna")
	w := o.push(t, baseWith(t, "# title: You agreed to this purpose\n", "# title: You said yes to this purpose\n"))
	if before := o.status(t); w.InForce || w.Digest != before.Digest || w.Sources == before.Sources || w.Changed != 0 {
		t.Fatalf("other words: %+v", w)
	}
	o.approve(t, w, "anna")
	o.ask(t, "POST", "/candidates/"+w.Digest+"/release", nil, 200, nil)
	_, body := o.call("POST", o.public+"/v1/decide", serverKey+"words", []byte(`{"profile":"p","consent":{"profiling":"granted"},"traits":{"company":"c"}}`))
	if !strings.Contains(string(body), "You said yes to this purpose") {
		t.Errorf("the words are the old ones: %s", body)
	}
}

// TestPolicyRefused: what cannot be a policy, and what cannot approve one, is refused with what is wrong.
func TestPolicyRefused(t *testing.T) {
	o := startOffice(t, nil)
	o.hire(t, "anna", "ben")
	f := func(bundle []byte, words ...string) {
		t.Helper()
		o.refused(t, "POST", "", bundle, 422, append(words, "https://lotse.dev/problems/invalid-policy")...)
	}
	f(nil, "Read the bundle")
	f([]byte("privacy"), "not packed by gzip")
	f(bundleOf(t, baseWith(t, "import rego.v2", "import rego.v1")), `"file":"privacy/age/age.rego","line":`, "rego.v2")
	f(bundleOf(t, baseWith(t, `input.status == "given"`, `input.status == "gievn"`)), `"file":"privacy/basis/basis.rego","line":`, "gievn")
	// An answer that breaks a law is told with the article and a situation in words.
	f(bundleOf(t, baseWith(t, "generalised[\"ip\"] := \"minimise.ip\" if kind != \"duty\"\n", preciseAddresses)), "article ", "For example: ")
	if now := o.status(t); len(now.Candidates) != 0 {
		t.Errorf("a refused policy waits: %+v", now.Candidates)
	}

	w := o.push(t, narrowPolicy(t))
	approvals := "/candidates/" + w.Digest + "/approvals"
	o.refused(t, "POST", "/candidates/"+strings.Repeat("0", 64)+"/approvals", o.sign(t, "anna", w), 404, "waits for approval")
	o.refused(t, "POST", approvals, []byte("I approve"), 403, "no signed text")
	signed := o.sign(t, "anna", w)
	o.refused(t, "POST", approvals, bytes.Replace(signed, []byte("narrowed "), []byte("narrowed 1"), 1), 403, "does not fit the text")
	other := w
	other.Narrowed--
	o.refused(t, "POST", approvals, o.sign(t, "anna", other), 409, "of something else")
	other = w
	other.Digest = w.Replaces
	other.Changed, other.Narrowed = 0, 0
	o.refused(t, "POST", approvals, o.sign(t, "anna", other), 409, "of something else")
	stranger, _, err := ledger.NewOfficerKey("eve", rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	o.private["eve"] = stranger
	o.refused(t, "POST", approvals, o.sign(t, "eve", w), 403, `\"eve\" is by no key that is known here`)
	late := *o
	late.bench = &bench{now: begin.Add(-1)} // signed before the policy in force was
	o.refused(t, "POST", approvals, late.signAt(t, "anna", w), 409, "before the last change of force")

	o.refused(t, "POST", "/officers", []byte("anna"), 409, "not a public key")
	o.refused(t, "POST", "/officers", []byte(o.private["ben"]), 409, "private key")
	o.refused(t, "DELETE", "/officers/eve", nil, 409, "no officer")
	// What somebody approved who has left does not count.
	o.approve(t, w, "anna")
	o.ask(t, "DELETE", "/officers/anna", nil, 200, nil)
	o.refused(t, "POST", "/candidates/"+w.Digest+"/release", nil, 409, "not approved")
	o.ask(t, "DELETE", "/candidates/"+w.Digest, nil, 204, nil)
	o.refused(t, "DELETE", "/candidates/"+w.Digest, nil, 404)
	if res, body := o.call("POST", o.admin+"/admin/v1/policy", adminKey, bundleOf(t, narrowPolicy(t))); res.StatusCode != 403 {
		t.Errorf("a token without the scope: %d: %s", res.StatusCode, body)
	}
}

// preciseAddresses keeps a visitor's whole address just where the browser asks not to be tracked.
const preciseAddresses = `generalised["ip"] := "minimise.ip" if {
	kind != "duty"
	not input.gpc
}

# METADATA
# title: A planted rule
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_5
# custom:
#   id: test.precise
#   title_de: Eine untergeschobene Regel
#   article: "5"
exact["ip"] := "test.precise" if {
	kind != "duty"
	input.gpc
}
`

// signAt is sign by a clock a minute behind.
func (o *office) signAt(t testing.TB, name string, w waiting) []byte {
	o.bench.now = begin.Add(-60e9)
	return o.sign(t, name, w)
}

// TestPolicySources: what waits and what was in force can be had as sources, and nothing else.
func TestPolicySources(t *testing.T) {
	o := startOffice(t, nil)
	o.hire(t, "anna")
	get := func(digest string) policies.Source {
		t.Helper()
		text := o.ask(t, "GET", "/sources/"+digest, nil, 200, nil)
		s, err := policies.ReadBundle(strings.NewReader(text), policies.Keys{})
		if err != nil || s.Digest() != digest {
			t.Fatalf("%v, digest %s", err, s.Digest())
		}
		return s
	}
	w := o.push(t, narrowPolicy(t))
	if s := get(w.Sources); !maps.Equal(s.Files, narrowPolicy(t).Files) {
		t.Error("the sources of what waits are others")
	}
	o.approve(t, w, "anna")
	o.ask(t, "POST", "/candidates/"+w.Digest+"/release", nil, 200, nil)
	get(w.Sources)
	for _, name := range []string{strings.Repeat("0", 64), "none", "..%2Fhead", "head", strings.ToUpper(w.Sources)} {
		o.refused(t, "GET", "/sources/"+name, nil, 404)
	}
}

// TestPolicyKeys: where keys are pinned, a bundle has to be signed by one of them.
func TestPolicyKeys(t *testing.T) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	publicDER, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	privateDER, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := policies.ParseKeys(map[string]string{"dpo": string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: publicDER}))})
	if err != nil {
		t.Fatal(err)
	}
	signer, err := policies.ParseSigner("dpo", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: privateDER})))
	if err != nil {
		t.Fatal(err)
	}
	o := startOffice(t, func(c *edge.Config) { c.PolicyKeys = keys })
	narrow := narrowPolicy(t)
	o.refused(t, "POST", "", bundleOf(t, narrow), 422, ".signatures.json", "is not signed, and it must be, by one of the keys dpo")
	var b bytes.Buffer
	if err := policies.WriteBundle(&b, narrow, signer); err != nil {
		t.Fatal(err)
	}
	if text := o.ask(t, "POST", "", b.Bytes(), 200, nil); !strings.Contains(text, `"signed_by":"dpo"`) {
		t.Errorf("who signed is not told: %s", text)
	}
}

// childrenRule is a tenant's own rule, which uses a reason of the base policy.
const childrenRule = `package privacy.tenant

import rego.v2

forbid contains {"reason": "age.protected"} if input.age in {"minor", "minor_guardian"}
`

// TestPolicyBreaksATenant: a policy under which a tenant's own rules do not hold is not put in force, for nobody.
func TestPolicyBreaksATenant(t *testing.T) {
	o := startOffice(t, nil)
	strict := small("strict")
	strict["policies/children.rego"] = []byte(childrenRule)
	o.apply("strict", strict)
	o.apply("plain", small("plain"))
	o.hire(t, "anna", "ben")
	policyOf := func(tenant string) string {
		res, _ := o.call("GET", o.public+"/v1/consent", writeKey+tenant, nil)
		return res.Header.Get("Lotse-Policy")
	}
	before, own := policyOf("plain"), policyOf("strict")
	if before == own || before != o.status(t).Digest {
		t.Fatalf("the tenants' tables are %s and %s", before, own)
	}
	renamed := o.push(t, baseWith(t, "age.protected", "age.shelter"))
	if len(renamed.Broken) == 0 || !strings.Contains(renamed.Broken[0].Detail, "tenant strict: ") || renamed.Broken[0].File != "policies/children.rego" {
		t.Errorf("the proposal does not name the tenant: %+v", renamed.Broken)
	}
	o.approve(t, renamed, "anna", "ben")
	o.refused(t, "POST", "/candidates/"+renamed.Digest+"/release", nil, 409, "tenant strict", "age.protected", "Nothing was changed", `"file":"policies/children.rego"`)
	if policyOf("plain") != before || policyOf("strict") != own {
		t.Error("a refused release changed something")
	}
	strict["policies/children.rego"] = []byte(strings.ReplaceAll(childrenRule, "age.protected", "age.minor"))
	o.apply("strict", strict)
	o.ask(t, "POST", "/candidates/"+renamed.Digest+"/release", nil, 200, nil)
	if policyOf("plain") != renamed.Digest || policyOf("strict") == renamed.Digest || policyOf("strict") == own {
		t.Errorf("the tenants' tables are %s and %s", policyOf("plain"), policyOf("strict"))
	}
	res, _ := o.call("GET", o.public+"/v1/consent", writeKey+"plain", nil, "Origin", "https://plain.example")
	if got := res.Header.Get("Access-Control-Expose-Headers"); !strings.Contains(got, "Lotse-Policy") {
		t.Errorf("a page may not read the header: %q", got)
	}
}

// TestPolicyLogFull: a release that cannot be written into the log changes nothing, and after a start the log tells what counts.
func TestPolicyLogFull(t *testing.T) {
	o := startOffice(t, nil)
	o.hire(t, "anna")
	before := o.status(t).Digest
	w := o.push(t, narrowPolicy(t))
	o.approve(t, w, "anna")
	o.files.full = true
	res, body := o.call("POST", o.admin+"/admin/v1/policy/candidates/"+w.Digest+"/release", policyKey, nil)
	if res.StatusCode != 500 || !strings.Contains(string(body), "log of policies could not be written") || !strings.Contains(o.bench.log.String(), errFull.Error()) {
		t.Errorf("status %d: %s", res.StatusCode, body)
	}
	if now := o.status(t); now.Digest != before || len(now.Candidates) != 1 {
		t.Errorf("what could not be written is in force: %+v", now)
	}
	o.files.full = false
	o.openLog(t)
	if e, ok := o.log.InForce(); !ok || e.Release.Policy.String() != before {
		t.Errorf("after a start: %+v", e)
	}
}

// TestPolicyMetrics: the policy in force and what was decided can be watched.
func TestPolicyMetrics(t *testing.T) {
	o := startOffice(t, nil)
	o.apply("m", small("m"))
	o.hire(t, "anna")
	o.visitor(t, writeKey+"m")
	w := o.putInForce(t, narrowPolicy(t), "anna")
	_, body := o.call("GET", o.admin+"/metrics", "", nil)
	for _, want := range []string{`lotse_policy_in_force{digest="` + w.Digest + `"} 1`, "lotse_decisions_total 2\n", "lotse_decision_log_failing 0\n"} {
		if !strings.Contains(string(body), want) {
			t.Errorf("without %q", want)
		}
	}
	if strings.Count(string(body), "lotse_policy_in_force{") != 1 {
		t.Error("more than one policy is in force")
	}
}
