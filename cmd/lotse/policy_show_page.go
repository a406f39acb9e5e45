package main

import (
	"slices"
	"strings"

	"github.com/lotse-edge/lotse/edge/tenant"
	"github.com/lotse-edge/lotse/policies"
)

// showPage writes what a tenant keeps, purpose by purpose.
func (c *policyCall) showPage(views []purposeView) *page {
	p := c.page()
	p.line("", c.sayf("%s: what is kept, and why", "%s: was gespeichert wird, und warum", c.config.Name))
	if c.table == c.base {
		p.line("", c.sayf("under the base policy; fingerprint %s", "nach den Grundregeln; Fingerabdruck %s", short(c.table.Digest())))
	} else {
		p.line("", c.sayf("under the base policy and the tenant's own, stricter rules; fingerprint %s", "nach den Grundregeln und den eigenen, strengeren Regeln; Fingerabdruck %s", short(c.table.Digest())))
	}
	p.line("", c.say("Reasons are in the words that the visitor reads: 'you' is the visitor.", "Gründe stehen in den Worten, die der Besucher liest: 'Sie' ist der Besucher."))
	for i := range views {
		c.purposePage(p, &views[i])
	}
	p.gap()
	p.line("", c.sayf("Another moment, or what would change an answer: lotse policy explain --tenant %s --purpose NAME --status ...",
		"Ein anderer Augenblick, oder was eine Antwort ändern würde: lotse policy explain --tenant %s --purpose NAME --status ...", c.folder))
	return p
}

func (c *policyCall) purposePage(p *page, v *purposeView) {
	of, fallback := v.of, c.config.Languages[0]
	p.gap()
	p.line("== ", of.Title.In(c.language, fallback)+" ("+v.Name+") ==")
	facts := map[string]bool{"regime": true, "basis": true, "asked": v.Profiling != "none", "marketing": v.Marketing, "destination": true, "device": true}
	var said []string
	all := policies.Parts()
	for i, value := range situationOfPurpose(c.config, of).Values() {
		if facts[all[i].Key] {
			said = append(said, all[i].Title[c.language]+": "+all[i].Words[value][c.language])
		}
	}
	p.fact("", c.say("the purpose", "der Zweck"), 15, strings.Join(said, "; "))
	lives := c.sayf("the catalogue lets nothing live longer than %d days", "der Katalog lässt nichts länger als %d Tage bestehen", v.Days)
	if v.ValidDays > 0 {
		lives += c.sayf("; a consent stands for %d days", "; eine Einwilligung gilt %d Tage", v.ValidDays)
	}
	p.fact("", c.say("time", "Zeit"), 15, lives)
	p.fact("", c.say("visitors read", "Besucher lesen"), 15, "\""+of.Text.In(c.language, fallback)+"\"")
	first := slices.IndexFunc(v.Outcomes, func(o outcome) bool { return o.Permit })
	for i := range v.Outcomes {
		o := &v.Outcomes[i]
		p.gap()
		switch {
		case !o.Permit:
			p.line("  ", c.say("NOTHING IS KEPT AND NOTHING USED", "NICHTS WIRD GESPEICHERT UND NICHTS GENUTZT"))
			c.momentLines(p, o)
		case i == first:
			p.line("  ", c.say("KEPT", "GESPEICHERT WIRD"))
			c.momentLines(p, o)
			c.treatments(p, o, nil, c.destination(of))
		default:
			p.line("  ", c.say("KEPT AS ABOVE, BUT", "GESPEICHERT WIE OBEN, ABER"))
			c.momentLines(p, o)
			c.treatments(p, o, &v.Outcomes[first], c.destination(of))
		}
	}
}

// momentLines writes at which moments an outcome comes about, and why.
func (c *policyCall) momentLines(p *page, o *outcome) {
	for _, m := range o.Moments {
		reasons := make([]string, len(m.Reasons))
		for i, id := range m.Reasons {
			reasons[i] = reasonWords(c.table, id, c.language)
		}
		p.line(c.say("    when ", "    wenn "), c.say(m.words.en, m.words.de)+": "+strings.Join(reasons, "; "))
	}
}

// treatments writes what happens to each field and event: all of it, or what is another than in a base.
func (c *policyCall) treatments(p *page, o, base *outcome, destination string) {
	var none outcome
	changed := base != nil
	if base == nil {
		base = &none
	}
	told := map[string]bool{}
	c.treated(p, o.Fields, base.Fields, told, c.label)
	c.treated(p, o.Events, base.Events, told, func(name string) string { return c.say("event ", "Ereignis ") + name })
	for _, s := range o.row.Tell() {
		same := changed && o.Profiling == base.Profiling
		switch s.Subject {
		case policies.SubjectTransfer:
			same = changed && o.Transfer == base.Transfer
		case policies.SubjectDevice:
			same = changed && o.Device == base.Device
		case policies.SubjectProfiling:
		default:
			continue
		}
		if !same {
			text := s.Words[c.language]
			if s.Subject == policies.SubjectTransfer && o.Transfer {
				text += "; " + destination
			}
			p.line("    ", text)
			for _, id := range s.Reasons {
				p.line("      - ", reasonWords(c.table, id, c.language))
			}
		}
	}
}

// destination says where a purpose's data goes.
func (c *policyCall) destination(p *tenant.Purpose) string {
	all := policies.Parts()
	i := slices.IndexFunc(all, func(part policies.Part) bool { return part.Key == "destination" })
	return all[i].Title[c.language] + ": " + all[i].Words[p.Destination][c.language]
}

func (c *policyCall) label(name string) string {
	f, _ := c.config.FieldByName(name)
	return f.Label.In(c.language, c.config.Languages[0])
}

// treated puts fields with the same treatment into one line. A reason is told once for an outcome.
func (c *policyCall) treated(p *page, list, base []treatment, told map[string]bool, label func(string) string) {
	var order []treatment
	names := map[treatment][]string{}
	for _, t := range list {
		if t.sameAs(base) {
			continue
		}
		name := label(t.Name)
		t.Name = ""
		if names[t] == nil {
			order = append(order, t)
		}
		names[t] = append(names[t], name)
	}
	for _, t := range order {
		head := c.say("not kept", "nicht gespeichert")
		switch {
		case t.Method != "":
			words, ok := policies.MethodWords(t.Method)
			if !ok {
				panic("BUG: a method without words: " + t.Method)
			}
			head = c.sayf("coarser, %s, for %d days", "gröber, %s, %d Tage", words[c.language], t.Days)
		case t.Days > 0:
			head = c.sayf("as it is, for %d days", "genau, %d Tage", t.Days)
		}
		p.line("    ", head+": "+strings.Join(names[t], ", "))
		if !told[t.Reason] {
			told[t.Reason] = true
			p.line("      - ", reasonWords(c.table, t.Reason, c.language))
		}
	}
}
