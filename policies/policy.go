package policies

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// compiledPolicy is a policy whose texts passed the gate: ready to be asked.
type compiledPolicy struct {
	source      string // digest
	modules     map[string]*ast.Module
	compiler    *ast.Compiler
	annotations *ast.AnnotationSet
	caps        *ast.Capabilities
	reasons     catalogue
	data        map[string]any
	dataJSON    []byte
}

// loadPolicy checks the texts of a policy. Its tests are not run.
func loadPolicy(s Source) (*compiledPolicy, error) {
	c, err := checkForm(s)
	if err != nil {
		return nil, err
	}
	p := &compiledPolicy{
		source: s.Digest(), modules: c.modules, compiler: c.compiler, annotations: c.annotations, caps: capabilities(),
		reasons: c.reasons, data: c.data,
	}
	if p.dataJSON, err = json.Marshal(p.data); err != nil {
		return nil, fmt.Errorf("write the policy's data: %w", err)
	}
	return p, nil
}

// prepare makes a query ready.
func (p *compiledPolicy) prepare(ctx context.Context, text string) (*query, error) {
	return prepare(ctx, text, p.compiler, p.caps, p.data)
}

// lawPackage is where the invariants are. Their rules are to hold nowhere.
var lawPackage = ast.MustParseRef("data.privacy.invariants")

// lacks finds the documents that every policy must have and this one has not.
func (p *compiledPolicy) lacks(documents []string) error {
	var findings Findings
	for _, d := range documents {
		if len(p.compiler.GetRulesDynamicWithOpts(refOf(d), ast.RulesOptions{})) == 0 {
			findings = append(findings, &Finding{Check: CheckTotal, Message: fmt.Sprintf("the policy has no document %s, which every policy must have", refOf(d))})
		}
	}
	return findings.err()
}

// decisionRules gives the rules that decide: all but the invariants.
func (p *compiledPolicy) decisionRules() []*ast.Rule {
	var out []*ast.Rule
	for _, m := range p.compiler.Modules {
		if !m.Package.Path.HasPrefix(lawPackage) {
			for _, rule := range m.Rules {
				for ; rule != nil; rule = rule.Else {
					out = append(out, rule)
				}
			}
		}
	}
	return out
}

func (p *compiledPolicy) ruleCount() int { return len(p.decisionRules()) }

// annotation finds what explains a rule of the compiled modules, which are copies of those that were annotated.
func (p *compiledPolicy) annotation(rule *ast.Rule) *ast.Annotations {
	for _, m := range p.modules {
		for _, written := range m.Rules {
			if written.Loc().Equal(rule.Loc()) {
				return annotationOf(written, p.annotations)
			}
		}
	}
	return nil
}

// idle finds the rules that hold in no situation. A default is there to be reached by nothing.
func (p *compiledPolicy) idle(fired firing) Findings {
	var findings Findings
	for _, rule := range p.decisionRules() {
		if rule.Default || fired[rule] {
			continue
		}
		f := &Finding{Check: CheckFires, Message: "this rule holds in no situation at all: what it waits for never comes together, or nothing asks for it; mend its conditions or remove it"}
		if loc := rule.Loc(); loc != nil {
			f.File, f.Line = loc.File, loc.Row
		}
		if a := p.annotation(rule); a != nil {
			if reason, fault := reasonOf(a); fault == "" {
				f.Rule, f.Article = reason.ID, reason.Article
				f.Message = fmt.Sprintf("the rule %s (%s): %s", reason.ID, reason.Title["en"], f.Message)
			}
		}
		findings = append(findings, f)
	}
	slices.SortFunc(findings, func(a, b *Finding) int {
		if c := strings.Compare(a.File, b.File); c != 0 {
			return c
		}
		return a.Line - b.Line
	})
	return findings
}
