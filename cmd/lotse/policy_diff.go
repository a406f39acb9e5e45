package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/lotse-edge/lotse/policies"
)

const policyDiffAbout = `
Compares two policies situation by situation and says what NEW would change: first what it permits that OLD
did not, then the rest. Nothing is left out and nothing estimated: every situation that can be is compared.
Each is a folder, or 'base' for the policy in this program. With --tenant, both are compared as they are
under the tenant's own rules; OLD alone is then compared with them.

With --data, the change is told in decisions that the server really made: it counts every one, by situation
and without anything of a visitor. --counts takes the same from a file, as GET /admin/v1/policy/counts gives
it.

Exit: 0 nothing would change, 1 something would, 2 it could not be told.`

// policyDiffCall is one call of lotse policy diff.
type policyDiffCall struct {
	*policyCall
	old, now *policies.Table
	file     string           // of counts
	data     string           // folder of a server that counted
	counts   *policies.Counts // nil: not given
	limit    int
}

func policyDiff(ctx context.Context, env *environment, args []string) int {
	c := &policyDiffCall{policyCall: newPolicyCall(env, "diff", "OLD NEW", policyDiffAbout)}
	c.forTenant()
	c.StringVar(&c.file, "counts", "", "`file` with how often each situation was met")
	c.StringVar(&c.data, "data", "", "`folder` of a server, which counted how often each situation was met")
	c.IntVar(&c.limit, "limit", 20, "`number` of changes to print; 0: all")
	operands, exit, ok := c.parseBetween(args, 1, 2)
	if !ok {
		return exit
	}
	if len(operands) == 1 && c.folder == "" {
		return c.misuse("needs OLD and NEW, or OLD and --tenant")
	}
	if c.file != "" && c.data != "" {
		return c.misuse("--counts and --data both say how often: give one of them")
	}
	d, err := c.compare(ctx, operands)
	if err != nil {
		if c.refused(err) == exitOK {
			panic("BUG: a refusal is no failure")
		}
		return exitUsage
	}
	if c.json {
		exit = c.end(c.page(), c.printJSON(c.document(d)))
	} else {
		exit = c.end(c.differences(d), nil)
	}
	switch {
	case exit != exitOK:
		return exitUsage
	case d.Same():
		return exitOK
	}
	return exitFailed
}

func (c *policyDiffCall) compare(ctx context.Context, operands []string) (*policies.Difference, error) {
	if err := c.open(ctx, operands[0]); err != nil {
		return nil, fmt.Errorf("%s: %w", operands[0], err)
	}
	c.old, c.now = c.base, c.table
	if len(operands) == 2 {
		c.old = c.table
		if err := c.open(ctx, operands[1]); err != nil {
			return nil, fmt.Errorf("%s: %w", operands[1], err)
		}
		c.now = c.table
	}
	var err error
	if c.counts, err = c.readCounts(); err != nil {
		return nil, err
	}
	return policies.Compare(c.old, c.now)
}

// differences writes what changes.
func (c *policyDiffCall) differences(d *policies.Difference) *page {
	p := c.page()
	if d.Same() {
		p.line("", c.say("Nothing changes: both policies answer every situation alike, in the same words.",
			"Nichts ändert sich: beide Regelwerke beantworten jede Lage gleich, mit denselben Worten."))
		return p
	}
	p.line("", c.sayf("%s of %s situations are answered differently.", "%s von %s Lagen werden anders beantwortet.",
		c.count(uint64(d.Situations)), c.count(policies.SituationCount)))
	if c.counts != nil {
		var keys []uint32
		for _, g := range d.Groups {
			keys = append(keys, g.Keys...)
		}
		p.line("", c.say("Of the decisions that were made: ", "Von den Entscheidungen, die getroffen wurden: ")+c.traffic(keys))
	}
	if d.Widens() {
		p.line("", c.say("THE NEW POLICY PERMITS MORE than the old one, where it says so below.", "DIE NEUEN REGELN ERLAUBEN MEHR als die alten, wo es unten steht."))
	} else {
		p.line("", c.say("The new policy permits nothing that the old one does not.", "Die neuen Regeln erlauben nichts, was die alten nicht erlauben."))
	}
	for _, a := range d.Ages {
		p.gap()
		country := a.Country
		if country == "*" {
			country = c.say("every other country", "jedes andere Land")
		}
		p.line("", c.sayf("age from which somebody agrees alone, %s: %d → %d years", "Alter, ab dem jemand allein einwilligt, %s: %d → %d Jahre", country, a.Old, a.New))
	}
	c.groups(p, d, c.old, c.now, c.traffic, c.limit)
	for _, r := range d.Reasons {
		p.gap()
		p.line("", c.sayf("the reason %s is worded differently:", "der Grund %s hat andere Worte:", r.Old.ID))
		p.reason("  - ", c.old, r.Old.ID)
		p.reason("  + ", c.now, r.New.ID)
	}
	return p
}

// traffic says how many decisions met some situations; empty without counts.
func (c *policyDiffCall) traffic(keys []uint32) string {
	if c.counts == nil {
		return ""
	}
	n, all := c.counts.Of(keys), c.counts.Total()
	return c.sayf("%s of %s decisions (%s)", "%s von %s Entscheidungen (%s)", c.count(n), c.count(all), shareText(n, all))
}

// shareText is a share in per cent. What is not nothing never reads as nothing.
func shareText(n, all uint64) string {
	if all == 0 {
		return "0 %"
	}
	percent := 100 * float64(n) / float64(all)
	if n > 0 && percent < 0.01 {
		return "< 0.01 %"
	}
	return fmt.Sprintf("%.2f %%", percent)
}

// groups writes each change with the situations that it is in.
func (c *policyCall) groups(p *page, d *policies.Difference, old, now *policies.Table, traffic func([]uint32) string, limit int) {
	kinds := map[policies.Kind]string{
		policies.KindWiden:  c.say("PERMITS MORE", "ERLAUBT MEHR"),
		policies.KindMixed:  c.say("PERMITS MORE AND LESS", "ERLAUBT MEHR UND WENIGER"),
		policies.KindNarrow: c.say("permits less", "erlaubt weniger"),
		policies.KindCopy:   c.say("another copy to take along", "eine andere Kopie zum Mitnehmen"),
		policies.KindWords:  c.say("only other reasons", "nur andere Gründe"),
	}
	for i := range d.Groups {
		if limit > 0 && i == limit {
			p.gap()
			p.line("", c.sayf("... and %d changes more; --limit 0 prints all", "... und %d Änderungen mehr; --limit 0 nennt alle", len(d.Groups)-i))
			return
		}
		g := &d.Groups[i]
		p.gap()
		p.line(fmt.Sprintf("%d. ", i+1), c.sayf("%s, in %s situations", "%s, in %s Lagen", kinds[g.Kind], c.count(uint64(len(g.Keys)))))
		if traffic != nil && traffic(g.Keys) != "" {
			p.line("   ", traffic(g.Keys))
		}
		p.cover("   ", policies.Cover(g.Keys))
		for _, change := range g.Changes {
			p.line("   ", change.Describe(c.language))
		}
		gone, come := g.ReasonsChanged()
		for _, id := range gone {
			p.reason("   - ", old, id)
		}
		for _, id := range come {
			p.reason("   + ", now, id)
		}
	}
}

type changeJSON struct {
	Kind        policies.Kind          `json:"kind"`
	Situations  int                    `json:"situations"`
	Decisions   *uint64                `json:"decisions,omitempty"`
	Where       [][]policies.Condition `json:"where"`
	Changes     []policies.Change      `json:"changes"`
	ReasonsGone []string               `json:"reasons_gone"`
	ReasonsCome []string               `json:"reasons_come"`
	Keys        []uint32               `json:"keys"`
}

type diffJSON struct {
	Old        string                `json:"old"`
	New        string                `json:"new"`
	Same       bool                  `json:"same"`
	Widens     bool                  `json:"widens"`
	Situations int                   `json:"situations"`
	Decisions  *uint64               `json:"decisions,omitempty"` // all of them
	Groups     []changeJSON          `json:"groups"`
	Ages       []policies.AgeChange  `json:"ages"`
	Worded     []string              `json:"worded"` // ids of reasons with other words
	Reasons    map[string]reasonJSON `json:"reasons"`
}

func (c *policyDiffCall) document(d *policies.Difference) diffJSON {
	out := diffJSON{
		Old: c.old.Digest(), New: c.now.Digest(), Same: d.Same(), Widens: d.Widens(), Situations: d.Situations,
		Groups: []changeJSON{}, Ages: append([]policies.AgeChange{}, d.Ages...), Worded: []string{}, Reasons: map[string]reasonJSON{},
	}
	number := func(n uint64) *uint64 {
		if c.counts == nil {
			return nil
		}
		return &n
	}
	if c.counts != nil {
		out.Decisions = number(c.counts.Total())
	}
	for i := range d.Groups {
		g := &d.Groups[i]
		one := changeJSON{Kind: g.Kind, Situations: len(g.Keys), Where: whereJSON(policies.Cover(g.Keys)), Changes: append([]policies.Change{}, g.Changes...), Keys: g.Keys}
		if c.counts != nil {
			one.Decisions = number(c.counts.Of(g.Keys))
		}
		gone, come := g.ReasonsChanged()
		one.ReasonsGone, one.ReasonsCome = append([]string{}, gone...), append([]string{}, come...)
		for _, id := range slices.Concat(gone, come) {
			r, ok := c.now.Reason(id)
			if !ok {
				r, _ = c.old.Reason(id)
			}
			out.Reasons[id] = reasonJSON{r.Title, r.Article, r.Link}
		}
		out.Groups = append(out.Groups, one)
	}
	for _, r := range d.Reasons {
		out.Worded = append(out.Worded, r.New.ID)
	}
	slices.SortFunc(out.Worded, strings.Compare)
	return out
}
