package edge

import (
	"errors"

	"github.com/lotse-edge/lotse/edge/tenant"
	"github.com/lotse-edge/lotse/policies"
	"github.com/lotse-edge/lotse/rules/compile"
)

// RuleFiles compiles the rule files of tenants' folders. It is tenant.RuleCompiler.
type RuleFiles struct{}

// CompileRules compiles a rule file against the catalogue of a configuration.
func (RuleFiles) CompileRules(name string, file []byte, c *tenant.Config) (*tenant.CompiledRules, error) {
	result, err := compile.Compile(file, name, catalogueOf(c))
	var invalid *compile.InvalidError
	if errors.As(err, &invalid) {
		problems := make([]tenant.Problem, len(invalid.Problems))
		for i, p := range invalid.Problems {
			problems[i] = problemIn(p)
		}
		return nil, &tenant.InvalidError{Problems: problems}
	} else if err != nil {
		return nil, err
	}
	warnings := make([]tenant.Warning, len(result.Warnings))
	for i, w := range result.Warnings {
		warnings[i] = tenant.Warning(problemIn(w))
	}
	return &tenant.CompiledRules{Wasm: result.Wasm, Points: result.Points, Warnings: warnings}, nil
}

func problemIn(p compile.Problem) tenant.Problem {
	return tenant.Problem{File: p.File, Line: p.Line, Column: p.Column, Message: p.Message, Suggestion: p.Suggestion}
}

// catalogueOf is what a tenant's rules may speak of.
func catalogueOf(c *tenant.Config) compile.Catalogue {
	out := compile.Catalogue{Languages: c.Languages, Lifetimes: map[string]int{}}
	for i := range c.Purposes {
		if p := &c.Purposes[i]; p.Profiling != policies.ProfilingNone {
			out.Purposes = append(out.Purposes, p.Name)
			out.Lifetimes[p.Name] = p.TTLDays
		}
	}
	purposes := func(set tenant.PurposeSet) []string {
		names := []string{}
		for i := range c.Purposes {
			if p := &c.Purposes[i]; set.Has(p.Bit) {
				names = append(names, p.Name)
			}
		}
		return names
	}
	types := map[tenant.FieldType]compile.Type{
		tenant.FieldString: compile.String, tenant.FieldNumber: compile.Number, tenant.FieldBoolean: compile.Boolean, tenant.FieldDate: compile.Date,
	}
	for i := range c.Fields {
		f := &c.Fields[i]
		out.Fields = append(out.Fields, compile.Field{
			Name: f.Name, Type: types[f.Type], Values: f.Values, MaxLength: f.MaxLength, Coarse: f.Tag != policies.TagPlain,
			Days: f.TTLDays, Purposes: purposes(f.Purposes),
		})
	}
	for i := range c.Events {
		e := compile.Event{Name: c.Events[i].Name, Days: c.Events[i].TTLDays, Purposes: purposes(c.Events[i].Purposes)}
		for _, p := range c.Events[i].Properties {
			e.Properties = append(e.Properties, c.Fields[p].Name)
		}
		out.Events = append(out.Events, e)
	}
	return out
}
