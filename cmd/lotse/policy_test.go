package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/lotse-edge/lotse/policies"
)

// proveOnce proves each policy once for all tests.
var proveOnce = func() func(context.Context, policies.Config) (*policies.Table, *policies.Certificate, error) {
	type proved struct {
		table       *policies.Table
		certificate *policies.Certificate
		err         error
	}
	var mu sync.Mutex
	known := map[string]proved{}
	return func(ctx context.Context, c policies.Config) (*policies.Table, *policies.Certificate, error) {
		mu.Lock()
		defer mu.Unlock()
		p, ok := known[c.Source.Digest()]
		if !ok {
			p.table, p.certificate, p.err = policies.Prove(ctx, c)
			known[c.Source.Digest()] = p
		}
		return p.table, p.certificate, p.err
	}
}()

// officer runs a command of lotse policy.
type officer struct {
	*testing.T
	dir string
}

func newOfficer(t *testing.T) officer { return officer{t, t.TempDir()} }

func (o officer) run(want int, args ...string) (stdout, stderr string) {
	o.Helper()
	env := testEnvironment(o.dir)
	env.prove = proveOnce
	exit := run(o.Context(), append([]string{"policy"}, args...), env)
	stdout, stderr = env.stdout.(*bytes.Buffer).String(), env.stderr.(*bytes.Buffer).String()
	if exit != want {
		o.Fatalf("lotse policy %s: exit %d, want %d\n%s%s", strings.Join(args, " "), exit, want, stdout, stderr)
	}
	return stdout, stderr
}

// says runs a command that succeeds, and looks for texts in what it prints, whatever its lines are.
func (o officer) says(exit int, args string, wants ...string) string {
	o.Helper()
	stdout, stderr := o.run(exit, strings.Fields(args)...)
	o.holds(args, stdout, wants...)
	if stderr != "" {
		o.Errorf("lotse policy %s warns: %s", args, stderr)
	}
	return stdout
}

func (o officer) holds(args, text string, wants ...string) {
	o.Helper()
	flat := strings.Join(strings.Fields(text), " ")
	for _, want := range wants {
		if !strings.Contains(flat, want) {
			o.Errorf("lotse policy %s does not say %q:\n%s", args, want, text)
		}
	}
	for line := range strings.Lines(text) {
		if n := len([]rune(line)); n > pageWidth+1 && !strings.Contains(line, "\"") && !strings.Contains(line, ",false,") && !strings.HasPrefix(line, "key,") {
			o.Errorf("lotse policy %s prints a line of %d characters: %s", args, n, line)
		}
	}
}

// complains runs a command line that is wrong.
func (o officer) complains(args string, wants ...string) {
	o.Helper()
	stdout, stderr := o.run(exitUsage, strings.Fields(args)...)
	o.holds(args, stderr, wants...)
	if stdout != "" {
		o.Errorf("lotse policy %s prints %s", args, stdout)
	}
}

// policyFolder writes the base policy with texts replaced, by file.
func (o officer) policyFolder(name string, changes map[string][2]string) {
	o.Helper()
	base, err := policies.Base()
	if err != nil {
		o.Fatal(err)
	}
	for file, c := range changes {
		if !strings.Contains(base.Files[file], c[0]) {
			o.Fatalf("%s does not hold %q", file, c[0])
		}
		base.Files[file] = strings.Replace(base.Files[file], c[0], c[1], 1)
	}
	for file, text := range base.Files {
		if stem, ok := strings.CutSuffix(path.Base(file), "_test.rego"); ok && changes != nil {
			text = "package privacy." + stem + "_test\n\nimport rego.v2\n\ntest_" + stem + " if 1 < 2\n" // the true ones hold the policy to what it was
		}
		o.write(filepath.Join(name, file), text)
	}
}

func (o officer) write(name, text string) {
	o.Helper()
	file := filepath.Join(o.dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		o.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		o.Fatal(err)
	}
}

// winery writes the sample tenant with a rule of its own; empty: none.
func (o officer) winery(name, rule string) {
	o.Helper()
	for _, file := range []string{"tenant.yaml", "catalogue.yaml"} {
		text, err := os.ReadFile(filepath.Join("samples", "winery", file))
		if err != nil {
			o.Fatal(err)
		}
		o.write(filepath.Join(name, file), string(text))
	}
	if rule != "" {
		o.write(filepath.Join(name, "policies", "own.rego"), rule)
	}
}

const strictWinery = `package privacy.tenant

import rego.v2

# METADATA
# title: We do not profile children, whoever agreed
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#rct_38
# custom:
#   id: tenant.no_child
#   title_de: Wir bilden keine Profile von Kindern, wer auch immer zugestimmt hat
#   article: recital 38
forbid contains {"reason": "tenant.no_child"} if {
	input.asked != "none"
	input.age in {"minor", "minor_guardian"}
}
`

func TestPolicyShow(t *testing.T) {
	o := newOfficer(t)
	o.winery("winery", "")
	o.says(exitOK, "show --tenant winery --purpose profiling",
		"Weingut Lotsenberg: what is kept, and why",
		"== Personal recommendations (profiling) ==",
		"legal basis of the purpose: consent",
		"An intolerance is kept only after your explicit yes.",
		"NOTHING IS KEPT AND NOTHING USED when before any answer: You were not asked yet, or did not answer (Article 6(1)(a) GDPR) when refused: You said no",
		"when agreed, but the browser asks not to be tracked (GPC): The browser asked not to be tracked",
		"coarser, only the decade of birth, for 730 days: Date of birth - The birth date becomes an age group (Article 25(2) GDPR)",
		"for 365 days: event message_received",
		"KEPT AS ABOVE, BUT when agreed explicitly: You agreed to this purpose explicitly (Article 6(1)(a) GDPR)",
		"as it is, for 180 days: Intolerance - Sensitive data is kept because you agreed to that explicitly (Article 9(2)(a) GDPR)",
	)
	o.says(exitOK, "show --tenant winery --language de", "was gespeichert wird, und warum", "== Bestellung und Betrieb (necessary) ==",
		"NICHTS WIRD GESPEICHERT UND NICHTS GENUTZT wenn bevor etwas verlangt wurde: Sie haben nichts verlangt, wofür das nötig ist (Art. 6 Abs. 1 lit. b DSGVO)",
		"== Post vom Weingut (marketing) ==", "nicht weitergegeben")
	var out showJSON
	if err := json.Unmarshal([]byte(o.says(exitOK, "show --tenant winery --json")), &out); err != nil {
		t.Fatal(err)
	}
	if len(out.Purposes) != 4 || out.OwnRules || out.Tenant != "winery" || out.Reasons["consent.refused"].Article != "4(11)" {
		t.Errorf("%+v", out)
	}
	o.complains("show --tenant winery --purpose profilng", "the catalogue has no \"profilng\" (did you mean profiling?)")
	o.complains("show --purpose profiling", "--purpose goes with --tenant")

	o.winery("strict", strictWinery)
	o.says(exitOK, "show --tenant strict --purpose profiling", "the tenant's own, stricter rules",
		"when a child agreed, with its guardian: We do not profile children, whoever agreed (recital 38 GDPR)")
	if _, stderr := o.run(exitFailed, "show", "--tenant", "nowhere"); !strings.Contains(stderr, "no such file") {
		t.Error(stderr)
	}
	o.write("empty/notes.md", "")
	if _, stderr := o.run(exitFailed, "show", "--tenant", "empty"); !strings.Contains(stderr, "empty holds no tenant.yaml: --tenant names a tenant's folder") {
		t.Error(stderr)
	}
}

func TestPolicyExplain(t *testing.T) {
	o := newOfficer(t)
	o.winery("winery", strictWinery)
	o.says(exitOK, "explain --basis consent --marketing yes --status given",
		"proof of the answer: a recorded click",
		"permitted - You agreed to this purpose (Article 6(1)(a) GDPR) [consent.given]",
		"not passed on - Before advertising is sent, you must confirm your address once more",
		"if the visitor's answer: agreed (proof of the answer: a confirmed address (double opt-in)) then the data could be passed on",
		"if age of the visitor: a child then nothing could be kept or used",
	)
	o.says(exitOK, "explain --status withdrawn --gpc ja --language de", "abgelehnt: nichts wird gespeichert und nichts genutzt",
		"Sie haben Ihre Einwilligung widerrufen (Art. 7 Abs. 3 DSGVO) [consent.withdrawn]", "dann der Zweck wäre erlaubt; gespeichert werden dürften: Kennungen (30 Tage)")
	o.says(exitOK, "explain --tenant winery --purpose profiling --status given --age minor_guardian --trace",
		"refused: nothing is kept and nothing is used - We do not profile children, whoever agreed (recital 38 GDPR) [tenant.no_child]",
		"The rules that held, asked again", "[consent.given], privacy/basis/basis.rego:", "[tenant.no_child], own.rego:13")
	var out explainedJSON
	if err := json.Unmarshal([]byte(o.says(exitOK, "explain --status given --json --trace")), &out); err != nil {
		t.Fatal(err)
	}
	if out.Answer["permit"] != true || out.Situation["proof"] != "single" || len(out.Nearest) == 0 || len(out.Trace) == 0 || out.Reasons["consent.given"].Title["de"] == "" {
		t.Errorf("%+v", out)
	}
	for _, n := range out.Nearest {
		if len(n.If) == 0 || len(n.Then) == 0 || n.Words["de"] == "" {
			t.Errorf("%+v is no counterfactual", n)
		}
	}
	o.complains("explain --status givn", "--status: there is no \"givn\" (did you mean given?): it is one of none, given, explicit, refused, withdrawn, expired")
	o.complains("explain --statsu given", "flag provided but not defined: -statsu")
	o.complains("explain --gpc maybe", "--gpc: there is no \"maybe\": it is one of no, yes")
	o.complains("explain --status refused --proof double", "only a consent is proved")
	o.complains("explain --requested yes", "only a purpose of basis contract is asked for")
	o.complains("explain --purpose x", "--purpose goes with --tenant")
	o.complains("explain --tenant winery --purpose marketin", "did you mean marketing?")
	o.complains("explain --language fr", "--language is en or de")
}

func TestPolicyRows(t *testing.T) {
	o := newOfficer(t)
	o.says(exitOK, "rows --keeps special --status given", "0 situations, 0 different answers")
	o.says(exitOK, "rows --basis consent --status given,explicit --keeps special --permit yes --limit 1",
		"1. ", "the visitor's answer: agreed explicitly (proof of the answer: a recorded click or a confirmed address (double opt-in))",
		"for 180 days: sensitive data", "answers more: narrow it down")
	o.says(exitOK, "rows --reason objection.marketing --limit 0 --language de", "Direktwerbung: ja", "der Besucher hat widersprochen: ja")
	var out answersJSON
	if err := json.Unmarshal([]byte(o.says(exitOK, "rows --json")), &out); err != nil {
		t.Fatal(err)
	}
	sum := 0
	for _, a := range out.Answers {
		sum += a.Situations
	}
	if sum != policies.SituationCount || out.Situations != sum || len(out.Answers) < 100 {
		t.Errorf("%d answers to %d situations of %d", len(out.Answers), sum, out.Situations)
	}
	lines := strings.Split(strings.TrimSpace(o.says(exitOK, "rows --basis consent --status withdrawn --age adult --regime de --asked none --marketing no --all-situations")), "\n")
	if len(lines) != 1+4*3*2*2*2 || !strings.HasPrefix(lines[0], "key,regime,basis,") || !strings.Contains(lines[1], ",consent.withdrawn") {
		t.Errorf("%d lines: %s\n%s", len(lines), lines[0], lines[1])
	}
	one := o.says(exitOK, "rows --basis consent --status given --proof double --age adult --regime de --asked none --marketing no --device none --destination eea --gpc no --objected no --restricted no --all-situations --json")
	var s situationJSON
	if err := json.Unmarshal([]byte(one), &s); err != nil || !s.Permit || s.Days["behavioural"] != 395 || s.Situation["status"] != "given" {
		t.Errorf("%s: %v", one, err)
	}
	o.complains("rows --keeps contacts", "--keeps: there is no \"contacts\" (did you mean contact?)")
	o.complains("rows --profiling scores", "did you mean score?")
	o.complains("rows --permit maybe", "--permit: there is no \"maybe\"")
	o.complains("rows --reason consent.withdrawm", "did you mean consent.withdrawn?")
	o.complains("rows --limit -1", "--limit is a number of answers")
	o.complains("rows --status given,refusd", "did you mean refused?")
}

func TestPolicyCheck(t *testing.T) {
	o := newOfficer(t)
	o.says(exitOK, "check", "The policy is proved.", "691,200, and these are all that can be", "none is broken")
	o.says(exitOK, "check --language de", "691.200, und das sind alle, die es geben kann", "keines ist verletzt")
	var out certificateJSON
	if err := json.Unmarshal([]byte(o.says(exitOK, "check base --json")), &out); err != nil || !out.Proved || out.Certificate.Situations != policies.SituationCount {
		t.Errorf("%+v, %v", out, err)
	}
	o.winery("winery", strictWinery)
	o.says(exitOK, "check --tenant winery", "The own rules of Weingut Lotsenberg are proved on top", "in none do they add anything", "1. permits less", "+ We do not profile children")

	// A rule that takes away, and by which a child is worse protected with a guardian than without.
	o.winery("lopsided", strings.Replace(strictWinery, `in {"minor", "minor_guardian"}`, `== "minor_guardian"`, 1))
	o.says(exitFailed, "check --tenant lopsided", "The policy lopsided is not proved", "law.permit_grows", "then the visitor is a child")

	o.policyFolder("unlawful", map[string][2]string{"privacy/basis/basis.rego": {"input.status in {\"given\", \"explicit\"}", "input.status == \"given\""}})
	o.says(exitFailed, "check unlawful", "The policy unlawful is not proved", "a law is broken", "law.consent", "Article 6(1)(a) GDPR, Article 7(1) GDPR",
		"the visitor's answer: agreed explicitly; proof of the answer: none", "take back the change that permits this")
	o.says(exitFailed, "check unlawful --language de", "ein Gesetz ist verletzt", "Antwort des Besuchers: ausdrücklich eingewilligt; Nachweis der Antwort: keiner")
	if err := json.Unmarshal([]byte(o.says(exitFailed, "check unlawful --json")), &out); err != nil || out.Proved || out.Findings[0].Situation["status"] != "explicit" {
		t.Errorf("%+v, %v", out, err)
	}
	o.policyFolder("misspelt", map[string][2]string{"privacy/basis/basis.rego": {"input.status == \"refused\"", "input.status == \"refusd\""}})
	o.says(exitFailed, "check misspelt", "the text of the policy", "privacy/basis/basis.rego, line", "refusd")
	o.write("nothing/readme.md", "")
	if _, stderr := o.run(exitFailed, "check", "nothing"); !strings.Contains(stderr, "holds no policy: a policy is a folder that holds the folder privacy, or a bundle") {
		t.Error(stderr)
	}
	o.complains("check a b", "needs at most one operand, got 2")
}

func TestPolicyTest(t *testing.T) {
	o := newOfficer(t)
	o.says(exitOK, "test", "privacy.basis", "tests passed, findings: 0")
	base, err := policies.Base()
	if err != nil {
		t.Fatal(err)
	}
	o.policyFolder("changed", nil)
	o.write("changed/privacy/basis/basis.rego", strings.Replace(base.Files["privacy/basis/basis.rego"], "\tinput.status == \"withdrawn\"\n", "\tinput.status == \"expired\"\n", 1))
	o.says(exitFailed, "test changed", "findings: 3", "the test test_withdrawal_ends_consent of package privacy.basis fails")
	var out testReportJSON
	if err := json.Unmarshal([]byte(o.says(exitFailed, "test changed --json")), &out); err != nil || len(out.Findings) == 0 || out.Packages["privacy.basis"] == 0 {
		t.Errorf("%+v, %v", out, err)
	}
}

// The rows that were planted, and no other, weighed by decisions.
func TestPolicyDiff(t *testing.T) {
	o := newOfficer(t)
	o.policyFolder("wider", map[string][2]string{"privacy/transfer/transfer.rego": {"\tinput.regime == \"de\"\n\tinput.proof", "\tinput.regime == \"de\"\n\tinput.destination != \"eea\"\n\tinput.proof"}})
	o.says(exitOK, "diff base base", "Nothing changes")
	o.says(exitFailed, "check wider", "law.double_opt_in") // it breaks a law, and is not compared
	o.says(exitUsage, "diff base wider", "The policy wider is not proved")

	o.policyFolder("longer", map[string][2]string{"privacy/retention/retention.rego": {"\"special\": 180", "\"special\": 200"}})
	planted := policies.Situation{Status: policies.StatusExplicit, Proof: policies.ProofSingle}.Key()
	other := policies.Situation{Status: policies.StatusGiven, Proof: policies.ProofSingle}.Key()
	counts, err := json.Marshal(policies.Counts{ByKey: map[uint32]uint64{planted: 30, other: 970}})
	if err != nil {
		t.Fatal(err)
	}
	o.write("counts.json", string(counts))
	o.says(exitFailed, "diff base longer --counts counts.json",
		"THE NEW POLICY PERMITS MORE", "30 of 1,000 decisions (3.00 %)", "1. PERMITS MORE, in",
		"the visitor's answer: agreed explicitly (proof of the answer: a recorded click or a confirmed address (double opt-in))",
		"sensitive data: 180 days → 200 days")
	decide(t, o.dir, planted, other, other, other)
	o.says(exitFailed, "diff base longer --data .", "1 of 4 decisions (25.00 %)")
	o.says(exitFailed, "diff longer base --language de", "Die neuen Regeln erlauben nichts, was die alten nicht erlauben.", "1. erlaubt weniger", "besondere (sensible) Daten: 200 Tage → 180 Tage")
	var out diffJSON
	if err := json.Unmarshal([]byte(o.says(exitFailed, "diff base longer --json --counts counts.json")), &out); err != nil {
		t.Fatal(err)
	}
	if !out.Widens || out.Same || len(out.Groups) != 1 || len(out.Groups[0].Keys) != out.Situations || *out.Groups[0].Decisions != 30 || *out.Decisions != 1000 {
		t.Errorf("%+v", out)
	}
	o.winery("winery", strictWinery)
	o.says(exitFailed, "diff base --tenant winery", "1. permits less", "We do not profile children")

	o.complains("diff", "needs 1 to 2 operands")
	o.complains("diff base", "needs OLD and NEW, or OLD and --tenant")
	o.complains("diff base base --counts a --data b", "give one of them")
	o.write("wrong.json", `{"digest": "", "counts": {"691200": 1}}`)
	for _, c := range [][2]string{{"--counts wrong.json", "is the number of no situation"}, {"--counts absent.json", "no such file"}, {"--data winery", "holds no decisions"}} {
		if _, stderr := o.run(exitUsage, strings.Fields("diff base base "+c[0])...); !strings.Contains(stderr, c[1]) {
			t.Errorf("%s: %s", c[0], stderr)
		}
	}
}

func TestPolicyUsage(t *testing.T) {
	o := newOfficer(t)
	o.complains("shwo", "there is no \"shwo\" (did you mean show?)", "what a tenant's website keeps today, and why")
	env := testEnvironment(o.dir)
	if exit := run(t.Context(), []string{"help", "policy", "explain"}, env); exit != exitOK {
		t.Fatalf("exit %d", exit)
	}
	o.holds("help", env.stdout.(*bytes.Buffer).String()[:200], "usage: lotse policy explain [flags] [DIR|BUNDLE]", "Explains one situation")
	for _, a := range policyActions() {
		env := testEnvironment(o.dir)
		if exit := run(t.Context(), []string{"policy", a.name, "-h"}, env); exit != exitOK || !strings.Contains(env.stderr.(*bytes.Buffer).String(), "usage: lotse policy "+a.name) {
			t.Errorf("policy %s -h: exit %d", a.name, exit)
		}
	}
	german := testEnvironment(o.dir)
	german.getenv = func(name string) string { return map[string]string{"LANG": "de_DE.UTF-8"}[name] }
	if languageOf(german) != "de" || languageOf(testEnvironment("")) != "en" {
		t.Error("the language is not the user's")
	}
}
