package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/lotse-edge/lotse/rules"
	"github.com/lotse-edge/lotse/sdk/abi"
)

const rulesTestAbout = `
Runs the cases that stand beside the rules of a tenant's folder, in rules/NAME.test.yaml: a profile and events in; scores
with their reasons, segments, traits, quadrant and stage out. All rules of the folder judge each case, as the server would.
PATH is the folder, or one rule or its cases. It also tells which reasons, segments and values of traits no case has met.

  lotse rules test my-tenant
  lotse rules test my-tenant/rules/interest.yaml --cover 100

Such cases look like this; rules/compile/FORMAT.md has all that may be written:

  now: 2026-01-31T12:00:00Z
  cases:
    - name: somebody from near looks around
      profile: {country: DE}
      events: [{event: page_view, ago: 3d, count: 2}]
      expect: {scores: {interest: {points: 2, reasons: {visits: 2}}}, segments: []}`

const casesSuffix = ".test.yaml"

// caseReport is what the cases beside one rule came to.
type caseReport struct {
	Rule     string      `json:"rule"`            // rules/interest.yaml
	Cases    string      `json:"cases,omitempty"` // rules/interest.test.yaml; empty: there is none
	Passed   int         `json:"passed"`
	Failures []caseFault `json:"failures"`
	Covered  int         `json:"covered"`
	Of       int         `json:"of"`
	Missing  []string    `json:"missing"` // what no case has met
	met      map[string]bool
}

// caseFault is one case that failed.
type caseFault struct {
	Case  string   `json:"case"`
	Line  int      `json:"line"`
	Diffs []string `json:"differences"`
}

func runRulesTest(ctx context.Context, env *environment, args []string) int {
	f := newFlags(env, "rules test", "PATH", rulesTestAbout)
	asJSON := f.Bool("json", false, "print JSON")
	cover := f.Float64("cover", 0, "fail where less than so many `per cent` of reasons, segments and values are met")
	operands, exit, ok := f.parse(args, 1)
	if !ok {
		return exit
	}
	if !(*cover >= 0 && *cover <= 100) {
		return f.misuse("--cover is between 0 and 100")
	}
	path := operands[0]
	if !exists(env.path(path)) {
		return env.fail(f.Name(), fmt.Errorf("there is no file or folder %s%s", path, nearFile(env, path)))
	}
	dir, only := rulesPath(env, path)
	folder, err := openRuleFolder(ctx, env, dir)
	if err != nil {
		return env.fail(f.Name(), err)
	}
	defer folder.close(ctx)
	var reports []*caseReport
	for _, m := range folder.modules {
		if only != "" && m.Name != only {
			continue
		}
		r, err := folder.test(ctx, env.path(dir), m)
		if err != nil {
			return env.fail(f.Name(), err)
		}
		if r != nil {
			reports = append(reports, r)
		}
	}
	if len(reports) == 0 {
		return env.fail(f.Name(), fmt.Errorf("%s holds no rule with cases: write rules/NAME%s", path, casesSuffix))
	}
	if *asJSON {
		err = printJSON(env.stdout, reports)
	} else {
		_, err = env.stdout.Write([]byte(caseText(reports)))
	}
	if err != nil {
		return env.fail(f.Name(), err)
	}
	for _, r := range reports {
		if len(r.Failures) > 0 || r.percent() < *cover {
			exit = exitFailed
		}
		if r.percent() < *cover {
			fmt.Fprintf(env.stderr, "lotse rules test: %s: %.0f %% covered, less than %v\n", r.Rule, r.percent(), *cover)
		}
	}
	return exit
}

// rulesPath tells a tenant's folder from one rule in it.
func rulesPath(env *environment, path string) (dir, module string) {
	if info, err := os.Stat(env.path(path)); err == nil && info.IsDir() {
		return path, ""
	}
	module, _, _ = strings.Cut(filepath.Base(path), ".")
	return filepath.Dir(filepath.Dir(path)), module
}

// test runs the cases beside a module; nil where there are none, and none are missed: of a module in another language.
func (f *ruleFolder) test(ctx context.Context, dir string, m *folderModule) (*caseReport, error) {
	r := &caseReport{Rule: m.File, Cases: "rules/" + m.Name + casesSuffix, Failures: []caseFault{}, met: map[string]bool{}}
	raw, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(r.Cases)))
	switch {
	case errors.Is(err, fs.ErrNotExist) && strings.HasSuffix(m.File, ".wasm"):
		return nil, nil
	case errors.Is(err, fs.ErrNotExist):
		r.Cases = ""
	case err != nil:
		return nil, err
	default:
		cases, err := readCases(f, r.Cases, raw)
		if err != nil {
			return nil, fmt.Errorf("the cases cannot be read\n%w", err)
		}
		for _, c := range cases {
			if err := f.run(ctx, c, r); err != nil {
				return nil, fmt.Errorf("%s:%d: %w", r.Cases, c.line, err)
			}
		}
	}
	r.cover(&m.Manifest)
	return r, nil
}

func (f *ruleFolder) run(ctx context.Context, c *ruleCase, r *caseReport) error {
	j, err := f.judge(ctx, c.p, c.now, c.was)
	if err != nil {
		return err
	}
	r.note(&j.outcome)
	if diffs := c.differences(f, j); len(diffs) > 0 {
		r.Failures = append(r.Failures, caseFault{c.name, c.line, diffs})
	} else {
		r.Passed++
	}
	return nil
}

// differences are what the rules said otherwise than the case expects.
func (c *ruleCase) differences(f *ruleFolder, j *judged) (diffs []string) {
	o := &j.outcome
	differ := func(format string, args ...any) { diffs = append(diffs, fmt.Sprintf(format, args...)) }
	for i := range c.scores {
		diffs = append(diffs, c.scores[i].differences(f, j)...)
	}
	if c.segments != nil {
		for _, s := range f.segments() {
			switch got, want := slices.Contains(o.Segments, s), slices.Contains(c.segments, s); {
			case got && !want:
				differ("segment %s: is in it, and should not be", s)
			case want && !got:
				differ("segment %s: is not in it, and should be", s)
			}
		}
	}
	for _, t := range f.traits() {
		if want, asked := c.traits[t.Name]; asked && o.Traits[t.Name] != want {
			differ("trait %s: %s, want %s", t.Name, orNone(o.Traits[t.Name]), orNone(want))
		}
	}
	if c.quadrant != nil && o.Quadrant != *c.quadrant {
		differ("quadrant: %s, want %s", orNone(o.Quadrant), *c.quadrant)
	}
	if c.stage != nil && o.Stage != *c.stage {
		differ("stage: %s, want %s", orNone(o.Stage), *c.stage)
	}
	return diffs
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

func (w *wantedScore) differences(f *ruleFolder, j *judged) (diffs []string) {
	got := rules.Score{}
	for _, s := range j.outcome.Scores {
		if s.Name == w.name {
			got = s
		}
	}
	differ := func(format string, args ...any) { diffs = append(diffs, fmt.Sprintf(format, args...)) }
	if w.points != nil && !w.points.met(got.Points) {
		differ("score %s: %v, want %s", w.name, got.Points, w.points.text)
	}
	if w.band != "" && got.Band != w.band {
		differ("score %s: the band %s, want %s", w.name, orNone(got.Band), w.band)
	}
	if w.reasons == nil {
		if len(diffs) > 0 {
			for _, r := range got.Reasons {
				differ("  %s gave %v%s", r.ID, r.Points, f.behind(j, w.name, r.ID))
			}
		}
		return diffs
	}
	said := map[string]bool{}
	for _, r := range got.Reasons {
		said[r.ID] = true
		want, expected := w.reasons[r.ID]
		switch {
		case !expected && r.Points != 0:
			differ("score %s: %s gave %v, and should give nothing%s", w.name, r.ID, r.Points, f.behind(j, w.name, r.ID))
		case expected && !want.met(r.Points):
			differ("score %s: %s gave %v, want %s%s", w.name, r.ID, r.Points, want.text, f.behind(j, w.name, r.ID))
		}
	}
	for _, id := range slices.Sorted(maps.Keys(w.reasons)) {
		if !said[id] && !w.reasons[id].met(0) {
			differ("score %s: %s gave nothing, want %s%s", w.name, id, w.reasons[id].text, f.behind(j, w.name, id))
		}
	}
	return diffs
}

// behind are the features that a reason depends on, as it saw them.
func (f *ruleFolder) behind(j *judged, score, reason string) string {
	var list []string
	for _, m := range f.modules {
		at := slices.IndexFunc(m.Manifest.Emits.Scores, func(s abi.Score) bool { return s.Name == score })
		if at < 0 {
			continue
		}
		features, _ := m.Manifest.FeaturesOf(at, slices.Index(m.Manifest.Emits.Scores[at].Reasons, reason))
		for _, n := range features {
			list = append(list, m.Manifest.Reads[n].Name+" "+shownFeature(j.values[m.Name][n]))
		}
	}
	if len(list) == 0 {
		return ""
	}
	return " (" + strings.Join(list, ", ") + ")"
}

// shownFeature is a feature's value for people.
func shownFeature(v abi.Value) string {
	switch {
	case !v.Present:
		return "unknown"
	case v.Type == abi.String:
		return strconv.Quote(v.Text)
	case v.Type == abi.Boolean:
		return strconv.FormatBool(v.Number != 0)
	default:
		return strconv.FormatFloat(v.Number, 'g', -1, 64)
	}
}
