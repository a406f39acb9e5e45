package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/lotse-edge/lotse/edge/tenant"
	"github.com/lotse-edge/lotse/policies"
	"github.com/lotse-edge/lotse/policies/decisions"
	policyledger "github.com/lotse-edge/lotse/policies/ledger"
)

// pastTable is a table that decided once.
type pastTable struct {
	base  *policies.Table // of all tenants
	table *policies.Table // that one, or what a tenant's own rules leave of it
	own   map[string]string
}

// pastTables proves the tables that a server's log of decisions names, each once: by the log of policies and the sources that the
// server keeps. A tenant's own rules are kept in their present form only.
type pastTables struct {
	env   *environment
	data  string // the server's folder
	prove func(context.Context, policies.Source) (*policies.Table, error)

	report *policyledger.Report
	known  map[string]*pastTable // by digest; nil: not to be had
}

func newPastTables(env *environment, data string) *pastTables {
	prove := policies.Prove
	if env.prove != nil {
		prove = env.prove
	}
	return &pastTables{
		env: env, data: data, known: map[string]*pastTable{},
		prove: func(ctx context.Context, s policies.Source) (*policies.Table, error) {
			table, _, err := prove(ctx, policies.Config{Source: s, Host: policyHost{}})
			return table, err
		},
	}
}

// find gives the table of a digest; nil where its sources are not at hand any more.
func (p *pastTables) find(ctx context.Context, digest string) (*pastTable, error) {
	if found, ok := p.known[digest]; ok {
		return found, nil
	}
	if p.report == nil {
		c := policyLogCall{env: p.env, data: p.data}
		err := c.read(func(r *policyledger.Report, _ string) error {
			p.report = r
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	found, err := p.released(ctx, digest)
	if found == nil && err == nil {
		found, err = p.ofTenant(ctx, digest)
	}
	if err != nil {
		return nil, err
	}
	p.known[digest] = found
	return found, nil
}

// released looks among the policies that were in force.
func (p *pastTables) released(ctx context.Context, digest string) (*pastTable, error) {
	for _, e := range slices.Backward(p.report.Entries) {
		if e.Kind != policyledger.InForce || digest != "" && e.Release.Policy.String() != digest {
			continue
		}
		source, err := policyArchive{filepath.Join(p.env.path(p.data), "policies")}.load(e.Release.Sources.String())
		if err != nil {
			return nil, err
		}
		table, err := p.prove(ctx, source)
		if err != nil {
			return nil, fmt.Errorf("prove the policy of entry %d: %w", e.Number, err)
		}
		if digest == "" || table.Digest() == digest {
			return &pastTable{base: table, table: table}, nil
		}
	}
	return nil, nil
}

// ofTenant looks among what the tenants' present rules leave of the policy in force.
func (p *pastTables) ofTenant(ctx context.Context, digest string) (*pastTable, error) {
	now, err := p.released(ctx, "")
	if now == nil || err != nil {
		return nil, err
	}
	saved, err := archive{filepath.Join(p.env.path(p.data), "tenants")}.Load()
	if err != nil {
		return nil, fmt.Errorf("read the tenants: %w", err)
	}
	for _, id := range slices.Sorted(maps.Keys(saved)) {
		files, err := tenant.ReadTar(bytes.NewReader(saved[id]))
		if err != nil || files["tenant.yaml"] == nil {
			continue // versions of modules lie there, too
		}
		config, _, err := tenant.Load(privacyFiles(files))
		if err != nil {
			return nil, fmt.Errorf("load the tenant %s: %w", id, err)
		}
		if len(config.Policies) == 0 {
			continue
		}
		table, err := now.base.Tenant(ctx, config.ID, config.Policies)
		if err != nil {
			return nil, err
		}
		if table.Digest() == digest {
			return &pastTable{base: now.base, table: table, own: config.Policies}, nil
		}
	}
	return nil, nil
}

// describe is decisions.Describe.
func (p *pastTables) describe(d decisions.Digest, key uint32) (input, result json.RawMessage, ids []string, ok bool) {
	found, err := p.find(context.Background(), d.String())
	if found == nil || err != nil {
		return nil, nil, nil, false
	}
	s, err := policies.SituationOf(key)
	if err != nil {
		return nil, nil, nil, false
	}
	decision, err := found.table.Decide(s)
	if err != nil {
		return nil, nil, nil, false
	}
	if input, err = json.Marshal(s.Document()); err != nil {
		return nil, nil, nil, false
	}
	if result, err = json.Marshal(decision.Row.Document()); err != nil {
		return nil, nil, nil, false
	}
	return input, result, decision.Row.Reasons, true
}

const policyReplayAbout = `
Takes one entry of a server's log of decisions, tells which situation it was about and what was answered, and asks the rules of that
time again, in OPA's interpreter: it must give the same answer. Nothing of anybody is in an entry: it cannot tell who it was.`

// policyReplay is lotse policy replay.
func policyReplay(ctx context.Context, env *environment, args []string) int {
	c := &policyExplainCall{policyCall: newPolicyCall(env, "replay", "SEQUENCE", policyReplayAbout), trace: true}
	data := c.String("data", "data", "the server's `folder`")
	operands, exit, ok := c.parseBetween(args, 1, 1)
	if !ok {
		return exit
	}
	var sequence uint64
	if _, err := fmt.Sscanf(operands[0], "%d", &sequence); err != nil {
		return c.misuse("SEQUENCE is the number of an entry: see lotse policy decisions")
	}
	again, err := c.replay(ctx, *data, sequence)
	if err != nil {
		return env.fail(c.Name(), err)
	}
	if c.json {
		return c.end(nil, c.printJSON(again))
	}
	return c.end(again.page(c), nil)
}

// replayed is one entry, asked again.
type replayed struct {
	Sequence  uint64         `json:"sequence"`
	Table     string         `json:"table"`
	Row       uint32         `json:"row"`
	Situation map[string]any `json:"situation"`
	Answer    map[string]any `json:"answer"`
	Again     map[string]any `json:"again"`
	Same      bool           `json:"same"`

	explained *explained
}

func (c *policyExplainCall) replay(ctx context.Context, data string, sequence uint64) (*replayed, error) {
	entry, err := decisions.Find(decisionFiles{filepath.Join(c.env.path(data), "decisions")}, sequence)
	if err != nil {
		return nil, err
	}
	found, err := newPastTables(c.env, data).find(ctx, entry.Digest.String())
	if err != nil {
		return nil, err
	}
	if found == nil {
		return nil, fmt.Errorf("the rules of the table %s are not at hand any more: a tenant's own rules have changed since", entry.Digest)
	}
	s, err := policies.SituationOf(entry.Key)
	if err != nil {
		return nil, err
	}
	c.base, c.table = found.base, found.table
	if len(found.own) > 0 {
		c.config = &tenant.Config{Policies: found.own}
	}
	e, err := c.explain(ctx, s)
	if err != nil {
		return nil, err
	}
	r := &replayed{
		Sequence: sequence, Table: entry.Digest.String(), Row: entry.Key, Situation: s.Document(),
		Answer: e.row.Document(), Again: e.trace.Row.Document(), explained: e,
	}
	was, err := json.Marshal(r.Answer)
	if err != nil {
		return nil, err
	}
	is, err := json.Marshal(r.Again)
	if err != nil {
		return nil, err
	}
	if r.Same = bytes.Equal(was, is); !r.Same {
		return nil, fmt.Errorf("entry %d was answered in another way than the rules answer now: the table is not what the log says", sequence)
	}
	return r, nil
}

func (r *replayed) page(c *policyExplainCall) *page {
	p := c.page()
	p.line("", c.sayf("Entry %d, decided by the policy %s. Asked again, the rules give the same answer.",
		"Eintrag %d, entschieden nach den Regeln %s. Noch einmal gefragt, geben die Regeln dieselbe Antwort.", r.Sequence, r.Table[:12]))
	p.gap()
	p.WriteString(strings.TrimRight(c.explanation(r.explained).String(), "\n") + "\n")
	return p
}
