package main

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/lotse-edge/lotse/policies"
)

const policyRowsAbout = `
Lists what the policy answers: one entry for each different answer, with the situations that get it, what is
kept, for how long and why. Without DIR it is the policy in this program. Flags narrow it down; several
values have commas between them:

  lotse policy rows --basis consent --status given,explicit --permit yes
  lotse policy rows --keeps special

Reasons are in the words that the visitor reads: 'you' is the visitor.`

// rowFilter is what an answer must be to be listed.
type rowFilter struct {
	permit, keeps, profiling, transfer, storage, reason string
}

func policyRows(ctx context.Context, env *environment, args []string) int {
	c := newPolicyCall(env, "rows", "[DIR|BUNDLE]", policyRowsAbout)
	c.forTenant()
	parts := newPartFlags(c, true)
	var f rowFilter
	c.StringVar(&f.permit, "permit", "", "only what is permitted (`yes`) or refused (no)")
	c.StringVar(&f.keeps, "keeps", "", "only answers that keep data of this `category`, such as contact or special")
	c.StringVar(&f.profiling, "profiling", "", "only answers with this `profiling`: none, score, decide")
	c.StringVar(&f.transfer, "passes-on", "", "only answers by which data may be passed on (`yes`) or not (no)")
	c.StringVar(&f.storage, "writes-device", "", "only answers by which the device may be written to (`yes`) or not (no)")
	c.StringVar(&f.reason, "reason", "", "only answers for this reason, by its `id`, such as consent.withdrawn")
	limit := c.Int("limit", 20, "`number` of answers to print; 0: all")
	all := c.Bool("all-situations", false, "one line for each situation, as CSV; with --json one JSON object a line")
	operands, exit, ok := c.parseBetween(args, 0, 1)
	if !ok {
		return exit
	}
	if err := parts.read(); err != nil {
		return c.misuse("%v", err)
	}
	matches, err := f.read()
	if err != nil {
		return c.misuse("%v", err)
	}
	if *limit < 0 {
		return c.misuse("--limit is a number of answers, or 0 for all")
	}
	if err := c.open(ctx, append(operands, "")[0]); err != nil {
		return c.refused(err)
	}
	if _, ok := c.table.Reason(f.reason); f.reason != "" && !ok {
		var ids []string
		for _, r := range c.table.Reasons() {
			ids = append(ids, r.ID)
		}
		return c.misuse("--reason: the policy gives no reason %q%s", f.reason, meant(f.reason, ids))
	}
	about := func(s policies.Situation, r *policies.Row) bool { return parts.holds(s) && matches(r) }
	if *all {
		if err := c.situations(about); err != nil {
			return c.env.fail(c.Name(), err)
		}
		return exitOK
	}
	answers, err := c.table.Answers(about)
	if err != nil {
		return c.env.fail(c.Name(), err)
	}
	if c.json {
		return c.end(c.page(), c.printJSON(c.answersJSON(answers)))
	}
	return c.end(c.answersPage(answers, *limit), nil)
}

// read checks the filter and makes a test of it.
func (f *rowFilter) read() (func(*policies.Row) bool, error) {
	var tests []func(*policies.Row) bool
	yes := func(flag, text string, is func(*policies.Row) bool) error {
		if text == "" {
			return nil
		}
		v, err := valueOf(policies.Part{Key: flag, Names: []string{"false", "true"}}, text)
		tests = append(tests, func(r *policies.Row) bool { return is(r) == (v == 1) })
		return err
	}
	for _, err := range []error{
		yes("permit", f.permit, func(r *policies.Row) bool { return r.Permit }),
		yes("passes-on", f.transfer, func(r *policies.Row) bool { return r.Transfer }),
		yes("writes-device", f.storage, func(r *policies.Row) bool { return r.Device }),
	} {
		if err != nil {
			return nil, err
		}
	}
	if f.keeps != "" {
		category, err := policies.ParseCategory(f.keeps)
		if err != nil {
			return nil, fmt.Errorf("--keeps: there is no %q%s: it is one of %s", f.keeps, meant(f.keeps, categoryNames()), strings.Join(categoryNames(), ", "))
		}
		tests = append(tests, func(r *policies.Row) bool { return r.Effects().Days[category] > 0 })
	}
	if f.profiling != "" {
		profiling, err := policies.ParseProfiling(f.profiling)
		if err != nil {
			names := []string{"none", "score", "decide"}
			return nil, fmt.Errorf("--profiling: there is no %q%s: it is one of %s", f.profiling, meant(f.profiling, names), strings.Join(names, ", "))
		}
		tests = append(tests, func(r *policies.Row) bool { return r.Profiling == profiling })
	}
	if f.reason != "" {
		tests = append(tests, func(r *policies.Row) bool {
			return slices.ContainsFunc(r.Tell(), func(s policies.Statement) bool { return slices.Contains(s.Reasons, f.reason) })
		})
	}
	known := map[*policies.Row]bool{}
	return func(r *policies.Row) bool {
		is, ok := known[r]
		if !ok {
			is = !slices.ContainsFunc(tests, func(test func(*policies.Row) bool) bool { return !test(r) })
			known[r] = is
		}
		return is
	}, nil
}

func categoryNames() []string {
	var names []string
	for c := policies.CategoryIdentifier; c <= policies.CategorySpecial; c++ {
		names = append(names, c.String())
	}
	return names
}

// answersPage lists answers with their situations.
func (c *policyCall) answersPage(answers []policies.Answer, limit int) *page {
	p := c.page()
	situations := 0
	for _, a := range answers {
		situations += len(a.Keys)
	}
	p.line("", c.sayf("%s situations, %s different answers", "%s Lagen, %s verschiedene Antworten", c.count(uint64(situations)), c.count(uint64(len(answers)))))
	for i, a := range answers {
		if limit > 0 && i == limit {
			p.gap()
			p.line("", c.sayf("... and %d answers more: narrow it down (lotse help policy rows), or --limit 0 for all",
				"... und %d Antworten mehr: genauer fragen (lotse help policy rows), oder --limit 0 für alle", len(answers)-i))
			break
		}
		p.gap()
		p.line(fmt.Sprintf("%d. ", i+1), c.sayf("%s situations:", "%s Lagen:", c.count(uint64(len(a.Keys)))))
		p.cover("   ", policies.Cover(a.Keys))
		p.statements("   ", c.table, a.Row)
	}
	return p
}

type answerJSON struct {
	Situations int                    `json:"situations"`
	Where      [][]policies.Condition `json:"where"`
	Answer     map[string]any         `json:"answer"`
}

type answersJSON struct {
	Policy     string                `json:"policy"`
	Situations int                   `json:"situations"`
	Answers    []answerJSON          `json:"answers"`
	Reasons    map[string]reasonJSON `json:"reasons"`
}

func (c *policyCall) answersJSON(answers []policies.Answer) answersJSON {
	out := answersJSON{Policy: c.table.Digest(), Answers: []answerJSON{}}
	var rows []*policies.Row
	for _, a := range answers {
		out.Situations += len(a.Keys)
		out.Answers = append(out.Answers, answerJSON{len(a.Keys), whereJSON(policies.Cover(a.Keys)), a.Row.Document()})
		rows = append(rows, a.Row)
	}
	out.Reasons = reasonsOf(c.table, rows...)
	return out
}

// situationJSON is one line of --all-situations.
type situationJSON struct {
	Key       uint32         `json:"key"`
	Situation map[string]any `json:"situation"`
	Permit    bool           `json:"permit"`
	Days      map[string]int `json:"days"`
	Profiling string         `json:"profiling"`
	Review    bool           `json:"review"`
	Transfer  bool           `json:"transfer"`
	Device    bool           `json:"device"`
	Reasons   []string       `json:"reasons"`
}

// situations prints each situation by itself.
func (c *policyCall) situations(about func(policies.Situation, *policies.Row) bool) error {
	buffer := bufio.NewWriter(c.env.stdout)
	table, lines := csv.NewWriter(buffer), json.NewEncoder(buffer)
	if !c.json {
		head := []string{"key"}
		for _, p := range policies.Parts() {
			head = append(head, p.Key)
		}
		head = append(head, "permit")
		head = append(head, categoryNames()...)
		if err := table.Write(append(head, "profiling", "review", "transfer", "writes_device", "reasons")); err != nil {
			return err
		}
	}
	parts := policies.Parts()
	for key := range uint32(policies.SituationCount) {
		s, err := policies.SituationOf(key)
		if err != nil {
			return err
		}
		d, err := c.table.Decide(s)
		if err != nil {
			return err
		}
		if !about(s, d.Row) {
			continue
		}
		e := d.Row.Effects()
		if c.json {
			line := situationJSON{key, s.Document(), e.Permit, map[string]int{}, e.Profiling.String(), e.Review, e.Transfer, e.Device, d.Row.Reasons}
			for i, name := range categoryNames() {
				line.Days[name] = int(e.Days[i])
			}
			if err := lines.Encode(line); err != nil {
				return err
			}
			continue
		}
		row := []string{strconv.FormatUint(uint64(key), 10)}
		for i, v := range s.Values() {
			row = append(row, parts[i].Names[v])
		}
		row = append(row, strconv.FormatBool(e.Permit))
		for _, days := range e.Days {
			row = append(row, strconv.Itoa(int(days)))
		}
		row = append(row, e.Profiling.String(), strconv.FormatBool(e.Review), strconv.FormatBool(e.Transfer), strconv.FormatBool(e.Device), strings.Join(d.Row.Reasons, " "))
		if err := table.Write(row); err != nil {
			return err
		}
	}
	table.Flush()
	if err := table.Error(); err != nil {
		return err
	}
	return buffer.Flush()
}
