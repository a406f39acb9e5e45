package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/lotse-edge/lotse/rules"
	"github.com/lotse-edge/lotse/runtime"
	"github.com/lotse-edge/lotse/sdk/abi"
)

const rulesExplainAbout = `
Tells what each score is made of: its reasons, whose points add up to it, and the features that each depends on, as the rule
saw them. With --tenant and --profile it asks the server about a visitor, by the tenant's own id or a visitor's token; --at
asks about another moment, from what is stored and permitted now. With FILE and --record it evaluates a record: FILE is
a module (rules/NAME.wasm) or a rule file in a tenant's folder (rules/NAME.yaml).`

// explanation is a score with what led to it.
type explanation struct {
	Title   string              `json:"title,omitempty"`
	Points  float64             `json:"points"`
	Band    string              `json:"band,omitempty"`
	Reasons []explanationReason `json:"reasons"`
	Reads   []explanationSeen   `json:"reads,omitempty"` // where the module does not say what each reason depends on
}

type explanationReason struct {
	Reason   string            `json:"reason"`
	Title    string            `json:"title,omitempty"`
	Points   float64           `json:"points"`
	Features []explanationSeen `json:"features,omitempty"`
}

type explanationSeen struct {
	Feature string `json:"feature"`
	Text    string `json:"text"`
	Value   any    `json:"value,omitempty"` // none: not known, or not permitted
}

func runRulesExplain(ctx context.Context, env *environment, args []string) int {
	f := newFlags(env, "rules explain", "[FILE]", rulesExplainAbout)
	c := rulesCall{env: env}
	f.BoolVar(&c.json, "json", false, "print JSON")
	f.StringVar(&c.record, "record", "", "`file` with the record, as JSON")
	tenant := f.String("tenant", "", "`id` of the tenant")
	id := f.String("profile", "", "`id` of the visitor")
	at := f.String("at", "", "the `moment`, such as 2026-01-31T12:00:00Z; otherwise now")
	admin := f.admin()
	operands, exit, ok := f.parseBetween(args, 0, 1)
	if !ok {
		return exit
	}
	var scores map[string]explanation
	var err error
	stored, offline := *tenant != "" || *id != "" || *at != "", len(operands) == 1 || c.record != ""
	switch {
	case stored == offline:
		return f.misuse("needs either --tenant and --profile, or FILE and --record")
	case offline && (len(operands) == 0 || c.record == ""):
		return f.misuse("needs both FILE and --record")
	case offline:
		c.file = operands[0]
		if scores, exit, err = c.explain(ctx); exit != exitOK {
			return exit
		}
	case *tenant == "" || *id == "":
		return f.misuse("needs both --tenant and --profile")
	default:
		if _, wrong := time.Parse(time.RFC3339Nano, *at); *at != "" && wrong != nil {
			return f.misuse("--at is a time such as 2026-01-31T12:00:00Z")
		}
		var client *client
		if client, err = admin.client(env); err == nil {
			scores, err = fetchExplanation(ctx, client, *tenant, *id, url.Values{"at": {*at}, "language": {languageOf(env)}})
		}
	}
	if err == nil && c.json {
		err = c.print(scores)
	} else if err == nil {
		_, err = env.stdout.Write([]byte(explanationText(scores)))
	}
	if err != nil {
		return env.fail("rules explain", err)
	}
	return exitOK
}

func fetchExplanation(ctx context.Context, c *client, tenant, id string, query url.Values) (map[string]explanation, error) {
	var answer struct {
		Derived struct {
			Scores map[string]explanation `json:"scores"`
		} `json:"derived"`
	}
	path := "/admin/v1/tenants/" + url.PathEscape(tenant) + "/profiles/" + url.PathEscape(id)
	err := c.call(ctx, http.MethodGet, path, query, "", nil, &answer)
	if p, ok := errors.AsType[*problem](err); ok && p.Status == http.StatusNotFound {
		err = errors.New("there is no such profile")
	}
	return answer.Derived.Scores, err
}

// explain evaluates a record by a module or a rule file.
func (c *rulesCall) explain(ctx context.Context) (scores map[string]explanation, exit int, err error) {
	language := languageOf(c.env)
	var labels rules.Labels = plainLabels{}
	judge := func(ctx context.Context, m *runtime.Module) error {
		file, err := c.readRecordFile()
		if err != nil {
			return err
		}
		scores, err = explainRecord(ctx, m, file, labels, language)
		return err
	}
	if !strings.HasSuffix(c.file, ".yaml") {
		exit = c.load(ctx, judge)
		return scores, exit, nil
	}
	dir, name := rulesPath(c.env, c.file)
	folder, err := openRuleFolder(ctx, c.env, dir)
	if err != nil {
		return nil, exitOK, err
	}
	defer folder.close(ctx)
	m := folder.module(name)
	if m == nil {
		return nil, exitOK, fmt.Errorf("%s is no rule of the folder %s", c.file, dir)
	}
	labels = folder.config.Labels(language)
	err = judge(ctx, m.loaded)
	return scores, exitOK, err
}

func explainRecord(ctx context.Context, m *runtime.Module, file recordFile, labels rules.Labels, language string) (map[string]explanation, error) {
	manifest := m.Manifest()
	values, err := recordValues(manifest, file)
	if err != nil {
		return nil, err
	}
	record, err := recordOf(manifest, file)
	if err != nil {
		return nil, err
	}
	entries, err := m.Evaluate(ctx, record, nil)
	if err != nil {
		return nil, err
	}
	var o rules.Outcome
	if err := o.Add(manifest, entries); err != nil {
		return nil, err
	}
	seen := func(n int) explanationSeen {
		f, v := &manifest.Reads[n], values[n]
		s := explanationSeen{Feature: f.Name, Text: rules.Words(f, labels, language)}
		switch {
		case !v.Present:
		case v.Type == abi.String:
			s.Value = v.Text
		case v.Type == abi.Boolean:
			s.Value = v.Number != 0
		default:
			s.Value = v.Number
		}
		return s
	}
	scores := map[string]explanation{}
	for _, s := range o.Scores {
		at := slices.IndexFunc(manifest.Emits.Scores, func(x abi.Score) bool { return x.Name == s.Name })
		declared := &manifest.Emits.Scores[at]
		e := explanation{Title: declared.Title.In(language, "en"), Points: s.Points, Reasons: []explanationReason{}}
		for _, r := range s.Reasons {
			reason := explanationReason{Reason: r.ID, Title: declared.Titles[r.ID].In(language, "en"), Points: r.Points}
			list, _ := manifest.FeaturesOf(at, slices.Index(declared.Reasons, r.ID))
			for _, n := range list {
				reason.Features = append(reason.Features, seen(n))
			}
			e.Reasons = append(e.Reasons, reason)
		}
		if len(declared.Features) == 0 {
			for n := range values {
				e.Reads = append(e.Reads, seen(n))
			}
		}
		scores[s.Name] = e
	}
	return scores, nil
}

// plainLabels gives the names themselves: a module brings no words for what it reads.
type plainLabels struct{}

func (plainLabels) FieldLabel(name string) string { return name }
func (plainLabels) EventLabel(name string) string { return name }

func explanationText(scores map[string]explanation) string {
	if len(scores) == 0 {
		return "no scores: no rule may judge this visitor, or none gives any\n"
	}
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(scores)) {
		s := scores[name]
		fmt.Fprintf(&b, "%s: %v points", entitled(name, s.Title), s.Points)
		if s.Band != "" {
			fmt.Fprintf(&b, ", %s", s.Band)
		}
		b.WriteByte('\n')
		for _, r := range s.Reasons {
			fmt.Fprintf(&b, "  %+g %s\n", r.Points, entitled(r.Reason, r.Title))
			for _, f := range r.Features {
				fmt.Fprintf(&b, "      %s = %s\n", f.Text, shownJSON(f.Value))
			}
		}
		if len(s.Reads) > 0 {
			b.WriteString("  the module reads:\n")
		}
		for _, f := range s.Reads {
			fmt.Fprintf(&b, "      %s = %s\n", f.Text, shownJSON(f.Value))
		}
	}
	return b.String()
}

// entitled shows a name, and what people are told in place of it.
func entitled(name, title string) string {
	if title == "" {
		return name
	}
	return name + " (" + title + ")"
}

func shownJSON(v any) string {
	switch v := v.(type) {
	case nil:
		return "unknown"
	case string:
		return strconv.Quote(v)
	}
	raw, _ := json.Marshal(v) // a number or a bool
	return string(raw)
}
