package policies

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
)

// Config is what a policy is proved with.
type Config struct {
	Source Source // the policy; the zero value is the embedded base policy
	Host   Host   // runs the policy compiled to WebAssembly; required
	Proofs Proofs // where proofs are kept, so that a restart proves nothing twice; nil: nowhere
}

// Proofs keeps proofs by name. What it gives back must be what it was given: whoever can change a proof can change the policy, so
// it is to be sealed. Load gives nil where there is none.
type Proofs interface {
	Load(name string) ([]byte, error)
	Save(name string, proof []byte) error
}

// Certificate says what was checked before a table came into being.
type Certificate struct {
	Digest     string          `json:"digest"`
	Source     string          `json:"source"`
	Situations int             `json:"situations"`
	Rows       int             `json:"rows"`      // different ones
	Questions  int             `json:"questions"` // asked in both engines
	Documents  []DocumentProof `json:"documents"`
	Rules      int             `json:"rules"` // each holds in a situation at least
	Tests      int             `json:"tests"` // written in Rego
	Laws       int             `json:"laws"`  // invariants
	LawCases   int             `json:"law_cases"`
	Steps      int             `json:"steps"` // pairs of situations that were compared
	Seconds    float64         `json:"seconds"`
	Kept       bool            `json:"kept"` // read from the kept proofs, not proved anew
}

// DocumentProof is one document of the policy: which parts of a situation it can read, how many questions that makes, and how many
// different answers there are.
type DocumentProof struct {
	Document  string   `json:"document"`
	Parts     []string `json:"parts"`
	Questions int      `json:"questions"`
	Answers   int      `json:"answers"`
}

// Prove checks a policy and makes it a table. It asks every document of the policy about every situation that the document can
// tell apart, in OPA's interpreter and in OPA's WebAssembly on the host; both must agree, every answer must be whole and explained,
// every rule must hold somewhere, and no situation and no step from one situation to another may break a law of
// privacy.invariants. What is wrong with the texts of the policy is in the error as SourceErrors, what is wrong with its answers as
// Findings.
func Prove(ctx context.Context, c Config) (*Table, *Certificate, error) {
	if c.Host == nil {
		return nil, nil, errors.New("prove the policy: there is no host for the compiled policy")
	}
	if c.Source.Files == nil {
		base, err := Base()
		if err != nil {
			return nil, nil, fmt.Errorf("read the base policy: %w", err)
		}
		c.Source = base
	}
	policy, err := loadPolicy(c.Source)
	if err != nil {
		return nil, nil, err
	}
	if t, p, err := recall(policy, c); err != nil || t != nil {
		return t, p, err
	}
	return prove(ctx, policy, c)
}

func prove(ctx context.Context, policy *compiledPolicy, c Config) (*Table, *Certificate, error) {
	began := time.Now()
	tests, err := runTests(ctx, c.Source)
	if err != nil {
		return nil, nil, err
	}
	kept, err := interrogate(ctx, policy, c.Host)
	if err != nil {
		return nil, nil, err
	}
	t, err := kept.table(policy, c)
	if err != nil {
		return nil, nil, err
	}
	if err := t.explained(); err != nil {
		return nil, nil, err
	}
	laws, err := policy.laws(ctx)
	if err != nil {
		return nil, nil, err
	}
	judged, err := judge(ctx, laws, t)
	if err != nil {
		return nil, nil, err
	}
	p := &kept.Certificate
	p.Digest, p.Source, p.Situations, p.Rows = t.digest, t.source, SituationCount, judged.rows
	p.Rules, p.Tests, p.Laws, p.LawCases, p.Steps = policy.ruleCount(), tests.Passed, len(laws), judged.cases, judged.steps
	p.Seconds = time.Since(began).Seconds()
	return t, p, remember(policy, c.Proofs, kept)
}

// interrogate asks all documents and checks that every rule holds somewhere.
func interrogate(ctx context.Context, policy *compiledPolicy, host Host) (_ *keptProof, err error) {
	documents := make([]string, 0, aspectCount+1)
	for i := range aspects {
		documents = append(documents, aspects[i].document)
	}
	documents = append(documents, agesDocument)
	if err := policy.lacks(documents); err != nil {
		return nil, err
	}
	in, err := newInterrogation(ctx, policy, host, documents)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, in.engine.Close(ctx)) }()
	kept := &keptProof{Format: proofFormat}
	for _, document := range documents {
		a, err := in.ask(ctx, document)
		if err != nil {
			return nil, err
		}
		kept.Documents = append(kept.Documents, a)
		kept.Certificate.Questions += int(a.count)
		kept.Certificate.Documents = append(kept.Certificate.Documents, DocumentProof{
			Document: document, Parts: a.Parts, Questions: int(a.count), Answers: len(a.Texts),
		})
	}
	if len(in.findings) == 0 {
		in.findings = policy.idle(in.fired)
	}
	if err := in.findings.err(); err != nil {
		return nil, err
	}
	return kept, nil
}

// table makes the table of answers.
func (k *keptProof) table(policy *compiledPolicy, config Config) (*Table, error) {
	if len(k.Documents) != aspectCount+1 {
		return nil, fmt.Errorf("the proof has %d documents, not %d", len(k.Documents), aspectCount+1)
	}
	c, err := newComposer([aspectCount]*answered(k.Documents[:aspectCount]))
	if err != nil {
		return nil, Findings{{Check: CheckTotal, Message: err.Error()}}
	}
	v, err := ast.ValueFromReader(strings.NewReader(k.Documents[aspectCount].Texts[0]))
	if err != nil {
		return nil, fmt.Errorf("read the table of ages: %w", err)
	}
	ages, err := readAges(v)
	if err != nil {
		return nil, Findings{{Check: CheckTotal, Message: fmt.Sprintf("data.%s: %v", agesDocument, err)}}
	}
	t := &Table{source: policy.source, reasons: policy.reasons, ages: ages, config: config, laws: policy.laws}
	t.row = func(key uint32) *Row { return c.row(c.combine(key)) }
	t.digest, err = digestRows(k.Documents[aspectCount].Texts[0], t.row)
	return t, err
}

// explained checks that every reason of every row has its words.
func (t *Table) explained() error {
	var findings Findings
	seen, told := map[*Row]bool{}, map[string]bool{}
	for key := range uint32(SituationCount) {
		r := t.row(key)
		if seen[r] {
			continue
		}
		seen[r] = true
		for _, id := range r.ids() {
			if _, ok := t.reasons[id]; ok || told[id] {
				continue
			}
			told[id] = true
			s, err := SituationOf(key)
			if err != nil {
				return err
			}
			findings = append(findings, &Finding{
				Check: CheckReasons, Rule: id, Situation: &s,
				Message: fmt.Sprintf("the policy gives the reason %q, which no rule's # METADATA explains: give it custom.id, a title and an article, or correct its spelling", id),
			})
		}
	}
	return findings.err()
}

// ids lists every reason of a row, each once or more.
func (r *Row) ids() []string {
	var out []string
	for _, list := range [][]string{r.Reasons, r.ProfilingReasons, r.TransferReasons, r.DeviceReasons, r.PortableReasons} {
		out = append(out, list...)
	}
	for i := range ClassCount {
		out = append(out, r.at(i).Reason)
	}
	if r.Retention != "" {
		out = append(out, r.Retention)
	}
	return out
}

// canonical is a value as JSON that is the same for the same value: objects by key, sets in order.
func canonical(v ast.Value) string {
	x, err := ast.JSONWithOpt(v, ast.JSONOpt{SortSets: true})
	if err == nil {
		var text []byte
		if text, err = json.Marshal(x); err == nil {
			return string(text)
		}
	}
	panic("BUG: an answer of the policy is no JSON: " + err.Error())
}
