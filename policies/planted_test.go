package policies

import (
	"context"
	"errors"
	"maps"
	"path"
	"strings"
	"testing"
)

// planted is one fault in a policy that is written well: the text is in order, the answers are not.
type planted struct {
	name, file, old, by string
	check               string // of the first finding
	want                string // in the findings
}

const (
	basisFile     = "privacy/basis/basis.rego"
	minimiseFile  = "privacy/minimise/minimise.rego"
	retentionFile = "privacy/retention/retention.rego"
	profilingFile = "privacy/profiling/profiling.rego"
	transferFile  = "privacy/transfer/transfer.rego"
	deviceFile    = "privacy/device/device.rego"
	rightsFile    = "privacy/rights/rights.rego"
	ageFile       = "privacy/age/age.rego"
	signalsFile   = "privacy/signals/signals.rego"
	decisionFile  = "privacy/decision/decision.rego"
)

// newRule begins a rule that the policy did not have.
const newRule = "\n# METADATA\n# title: A planted rule\n# related_resources:\n#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_5\n# custom:\n#   id: planted.rule\n#   title_de: Eine untergeschobene Regel\n#   article: \"5\"\n"

// Answers that are missing, or not whole.
var poorAnswers = []planted{
	{"an undefined answer", retentionFile, `if {` + "\n\t" + `input.basis == "legal_obligation"`, `if {` + "\n\tinput.marketing\n\t" + `input.basis == "legal_obligation"`, CheckTotal, "no answer at all"},
	{"a category without a word", minimiseFile, "\t\"firmographic\",\n", "", CheckTotal, "firmographic"},
	{"a tag without a word", minimiseFile, `generalised["url"] := "minimise.url" if kind != "duty"`, `generalised["url"] := "minimise.url" if kind == "marketing"`, CheckTotal, "tag url"},
	{"a coarser form of what has none", minimiseFile, `exact["plain"] := "minimise.plain"`, `generalised["plain"] := "minimise.plain"`, CheckTotal, "no coarser form"},
	{"no time to live", retentionFile, "\t\t\"contact\": 1095,\n", "", CheckTotal, "contact"},
	{"a life of no days", retentionFile, "\"contact\": 1095", "\"contact\": 0", CheckTotal, "out of range"},
	{"a life beyond measure", retentionFile, "\"contact\": 1095", "\"contact\": 65536", CheckTotal, "out of range"},
	{"half a day", retentionFile, "\"contact\": 1095", "\"contact\": 0.5", CheckTotal, "out of range"},
	{"an unknown level", profilingFile, `level := {"level": "none", "review": false, "reasons": blocked}`, `level := {"level": "some", "review": false, "reasons": blocked}`, CheckTotal, "profiling"},
	{"no reasons", transferFile, `answer := {"permit": true, "reasons": grounds}`, `answer := {"permit": true, "reasons": set()}`, CheckTotal, "names no rule"},
	{"an answer that nobody reads", deviceFile, `answer := {"permit": true, "reasons": grounds}`, `answer := {"permit": true, "reasons": grounds, "cookies": true}`, CheckTotal, "nobody reads"},
	{"two answers at once", transferFile, `answer := {"permit": false, "reasons": blocked} if count(blocked) > 0`, `answer := {"permit": false, "reasons": grounds} if count(grounds) > 0`, CheckTotal, "conflict"},
	{"a provenance that there is not", rightsFile, `{"provided", "observed", "imported"}`, `{"provided", "guessed"}`, CheckTotal, "guessed"},
	{"a reason without words", basisFile, `permits contains "consent.given"`, `permits contains "consent.gievn"`, CheckReasons, "consent.gievn"},
}

// Rules that hold nowhere.
var idleRules = []planted{
	{"a rule that waits for what never comes together", basisFile, "\tinput.basis == \"contract\"\n\tinput.requested\n", "\tinput.basis == \"contract\"\n\tinput.requested\n\tinput.basis == \"consent\"\n", CheckFires, "contract.needed"},
	{"a proof of a refusal", basisFile, "\tinput.status == \"refused\"\n", "\tinput.status == \"refused\"\n\tinput.proof == \"single\"\n", CheckFires, "consent.refused"},
}

// Policies that break the law.
var unlawful = []planted{
	{"a click is enough without proof", basisFile, `input.proof == "none"`, `input.proof == "double"`, CheckLaw, "law.consent"},
	{"children consent", ageFile, `input.basis == "consent"` + "\n\t" + `input.age == "minor"`, `input.basis == "consent"` + "\n\t" + `input.age == "adult"`, CheckLaw, "law.child_consent"},
	{"objections are ignored", rightsFile, `"legitimate_interest"` + "\n\tinput.objected", `"contract"` + "\n\tinput.objected", CheckLaw, "law.objection"},
	{"restricted data is used", rightsFile, `"rights.restricted" if input.restricted`, `"rights.restricted" if not input.restricted`, CheckLaw, "law.restricted"},
	{"health data on a click", minimiseFile, `input.status == "explicit"`, `input.status == "given"`, CheckLaw, "law.special"},
	{"queries are profiled", minimiseFile, `generalised["url"] := "minimise.url"`, `exact["url"] := "minimise.url"`, CheckLaw, "law.query"},
	{"GPC is ignored", signalsFile, "\tinput.gpc\n", "\tnot input.gpc\n", CheckLaw, "law.gpc"},
	{"a machine decides unseen", profilingFile, `"review": true`, `"review": false`, CheckLaw, "law.decision_review"},
	{"a machine decides about children", profilingFile, `input.age in {"minor", "minor_guardian"}`, `input.age == "minor"`, CheckLaw, "law.decision_child"},
	{"an interest lets a machine decide", profilingFile, "\tinput.basis == \"contract\"\n", "\tinput.basis in {\"contract\", \"legitimate_interest\"}\n", CheckLaw, "law.decision_ground"},
	{"one click for a newsletter", transferFile, `input.proof != "double"`, `input.proof == "none"`, CheckLaw, "law.double_opt_in"},
	{"a cookie by contract", deviceFile, `input.device == "necessary"` + "\n\tinput.basis in", `input.device in {"necessary", "consented"}` + "\n\tinput.basis in", CheckLaw, "law.device_consent"},
	{"what was derived is taken along", rightsFile, `{"provided", "observed", "imported"}`, `{"provided", "observed", "imported", "derived"}`, CheckLaw, "law.derived"},
	{"restricted data lives longer", retentionFile, "if {\n\tinput.basis in {\"consent\", \"legitimate_interest\"}\n}", "if {\n\tinput.basis in {\"consent\", \"legitimate_interest\"}\n\tnot input.restricted\n}\n" + newRule + "answer := {\"days\": {\"identifier\": 31, \"contact\": 1095, \"demographic\": 1095, \"firmographic\": 1095, \"psychographic\": 730, \"behavioural\": 395, \"special\": 180}, \"reason\": \"planted.rule\"} if {\n\tinput.basis in {\"consent\", \"legitimate_interest\"}\n\tinput.restricted\n}\n", CheckLaw, "law.life_grows"},
	{"GPC brings precise addresses", minimiseFile, "generalised[\"ip\"] := \"minimise.ip\" if kind != \"duty\"\n", "generalised[\"ip\"] := \"minimise.ip\" if {\n\tkind != \"duty\"\n\tnot input.gpc\n}\n" + newRule + "exact[\"ip\"] := \"planted.rule\" if {\n\tkind != \"duty\"\n\tinput.gpc\n}\n", CheckLaw, "law.kept_grows"},
	{"a withdrawal opens the door", basisFile, "\tinput.basis == \"consent\"\n\tinput.status == \"withdrawn\"\n}", "\tinput.basis == \"consent\"\n\tinput.status == \"withdrawn\"\n\tnot input.restricted\n}\n" + newRule + "permits contains \"planted.rule\" if {\n\tinput.basis == \"consent\"\n\tinput.status == \"withdrawn\"\n\tinput.age == \"adult\"\n}\n", CheckLaw, "law.consent"},
}

// A policy whose answers are wrong is not used, and the finding says which rule or law, and in which situation. Under the race
// detector it is one of each group.
func TestPlanted(t *testing.T) {
	for _, group := range [][]planted{poorAnswers, idleRules, unlawful} {
		for i, p := range group {
			if raceDetector && i > 0 {
				break // one of each group: what is shared is the same for all
			}
			t.Run(p.name, func(t *testing.T) {
				source := change(t, p.file, p.old, p.by)
				source.Files = withPoorTests(source.Files) // the policy's own would notice first
				source, err := Format(source)
				if err != nil {
					t.Fatal(err)
				}
				table, _, err := Prove(context.Background(), Config{Source: source, Host: wasmHost{}})
				var findings Findings
				if !errors.As(err, &findings) || table != nil {
					t.Fatalf("%v", err)
				}
				text := findings.Error()
				if f := findings[0]; f.Check != p.check || !strings.Contains(text, p.want) {
					t.Errorf("%s: %s, not %s: %s", f.Check, text, p.check, p.want)
				}
				if f := findings[0]; p.check == CheckLaw && (f.Situation == nil || f.Article == "" || f.Rule == "" || f.Line == 0) {
					t.Errorf("the finding %+v does not say enough", f)
				}
			})
		}
	}
}

// withPoorTests puts cases that show nothing in the place of those beside the policies.
func withPoorTests(files map[string]string) map[string]string {
	out := maps.Clone(files)
	for name := range files {
		if folder, file := path.Split(name); isTest(name) {
			out[name] = "package privacy." + path.Base(folder) + "_test\n\nimport rego.v2\n\ntest_" + strings.TrimSuffix(file, "_test.rego") + " if 1 < 2\n"
		}
	}
	return out
}

// The engines notice when one of them is wrong.
func TestEnginesDiffer(t *testing.T) {
	_, _, err := Prove(context.Background(), Config{Host: wrongHost{}})
	var findings Findings
	if !errors.As(err, &findings) || findings[0].Check != CheckEngines || !strings.Contains(err.Error(), "disagree") {
		t.Fatalf("%v", err)
	}
	if len(findings) > maxFindings {
		t.Errorf("%d findings of one fault", len(findings))
	}
}

// wrongHost is a second engine that answers one question in a hundred wrongly.
type wrongHost struct{}

func (wrongHost) OpenPolicy(ctx context.Context, wasm, data []byte) (CompiledPolicy, error) {
	p, err := wasmHost{}.OpenPolicy(ctx, wasm, data)
	if err != nil {
		return nil, err
	}
	return &wrongPolicy{CompiledPolicy: p}, nil
}

type wrongPolicy struct {
	CompiledPolicy
	asked int
}

func (p *wrongPolicy) Clone(ctx context.Context) (CompiledPolicy, error) {
	c, err := p.CompiledPolicy.Clone(ctx)
	return &wrongPolicy{CompiledPolicy: c}, err
}

func (p *wrongPolicy) Evaluate(ctx context.Context, entry int32, input []byte) ([]byte, error) {
	if p.asked++; p.asked%100 == 0 {
		return []byte(`[{"result":{"permit":true,"reasons":["consent.given"],"once":1}}]`), nil
	}
	return p.CompiledPolicy.Evaluate(ctx, entry, input)
}
