package main

import (
	"context"
	"errors"

	"github.com/lotse-edge/lotse/policies"
)

const policyCheckAbout = `
Proves a policy: every situation that can be is answered by two engines, the answers are equal
and complete, every rule decides somewhere, and no answer breaks one of the laws. Without DIR it is the
policy in this program; with --tenant, the tenant's own rules are proved on top. What is wrong is listed
with the rule, the article, an example in words and what to do.`

func policyCheck(ctx context.Context, env *environment, args []string) int {
	c := newPolicyCall(env, "check", "[DIR|BUNDLE]", policyCheckAbout)
	c.forTenant()
	operands, exit, ok := c.parseBetween(args, 0, 1)
	if !ok {
		return exit
	}
	if err := c.open(ctx, append(operands, "")[0]); err != nil {
		return c.refused(err)
	}
	var taken *policies.Difference
	if c.table != c.base {
		var err error
		if taken, err = policies.Compare(c.base, c.table); err != nil {
			return c.env.fail(c.Name(), err)
		}
	}
	if c.json {
		out := certificateJSON{Proved: true, Certificate: c.certificate, Findings: []policyFindingJSON{}}
		if taken != nil {
			out.Tenant = &tenantProofJSON{c.config.ID, c.table.Digest(), taken.Situations}
		}
		return c.end(c.page(), c.printJSON(out))
	}
	return c.end(c.certificatePage(taken), nil)
}

type certificateJSON struct {
	Proved      bool                  `json:"proved"`
	Certificate *policies.Certificate `json:"certificate,omitempty"`
	Tenant      *tenantProofJSON      `json:"tenant,omitempty"`
	Findings    []policyFindingJSON   `json:"findings"`
}

type tenantProofJSON struct {
	Tenant     string `json:"tenant"`
	Digest     string `json:"digest"`
	Situations int    `json:"situations"` // in which its own rules take something away
}

type policyFindingJSON struct {
	Check     string         `json:"check"`
	File      string         `json:"file,omitempty"`
	Line      int            `json:"line,omitempty"`
	Rule      string         `json:"rule,omitempty"`
	Article   string         `json:"article,omitempty"`
	Situation map[string]any `json:"situation,omitempty"`
	Message   string         `json:"message"`
}

// certificatePage says what was proved.
func (c *policyCall) certificatePage(taken *policies.Difference) *page {
	p, k := c.page(), c.certificate
	n := func(i int) string { return c.count(uint64(i)) }
	p.line("", c.say("The policy is proved.", "Die Regeln sind bewiesen."))
	p.gap()
	fact := func(en, de, text string) { p.fact("  ", c.say(en, de), 14, text) }
	fact("situations", "Lagen", c.sayf("%s, and these are all that can be; %s different answers", "%s, und das sind alle, die es geben kann; %s verschiedene Antworten", n(k.Situations), n(k.Rows)))
	fact("questions", "Fragen", c.sayf("%s, each answered by the interpreter and by the compiled policy: all answers are equal", "%s, jede vom Interpreter und von den übersetzten Regeln beantwortet: alle Antworten sind gleich", n(k.Questions)))
	fact("rules", "Regeln", c.sayf("%s, each of which decides somewhere", "%s, jede entscheidet irgendwo", n(k.Rules)))
	if k.Tests > 0 {
		fact("tests", "Prüffälle", c.sayf("%s, all pass", "%s, alle bestanden", n(k.Tests)))
	}
	fact("laws", "Gesetze", c.sayf("%s, held against %s cases: none is broken", "%s, gehalten gegen %s Fälle: keines ist verletzt", n(k.Laws), n(k.LawCases)))
	fact("steps", "Schritte", c.sayf("%s, such as withdrawing or objecting: after none of them is more kept or done than before", "%s, etwa Widerruf oder Widerspruch: nach keinem wird mehr gespeichert oder getan als davor", n(k.Steps)))
	fact("time", "Dauer", c.sayf("%.1f seconds", "%.1f Sekunden", k.Seconds))
	fact("fingerprint", "Fingerabdruck", k.Digest)
	if taken != nil {
		p.gap()
		p.line("", c.sayf("The own rules of %s are proved on top: in %s situations they take something away, in none do they add anything.",
			"Die eigenen Regeln von %s sind obendrauf bewiesen: in %s Lagen nehmen sie etwas weg, in keiner kommt etwas dazu.", c.config.Name, n(taken.Situations)))
		fact("fingerprint", "Fingerabdruck", c.table.Digest())
		c.groups(p, taken, c.base, c.table, nil, 5)
	} else if c.config != nil {
		p.gap()
		p.line("", c.sayf("%s has no rules of its own.", "%s hat keine eigenen Regeln.", c.config.Name))
	}
	return p
}

// refused says why a policy was not proved, or that it could not be read at all.
func (c *policyCall) refused(err error) int {
	var list []policyFindingJSON
	var findings policies.Findings
	var faults policies.SourceErrors
	situations := map[int]*policies.Situation{}
	switch {
	case errors.As(err, &findings):
		for _, f := range findings {
			one := policyFindingJSON{Check: f.Check, File: f.File, Line: f.Line, Rule: f.Rule, Article: f.Article, Message: f.Message}
			if f.Situation != nil {
				situations[len(list)], one.Situation = f.Situation, f.Situation.Document()
			}
			list = append(list, one)
		}
	case errors.As(err, &faults):
		for _, f := range faults {
			list = append(list, policyFindingJSON{Check: "source", File: f.File, Line: f.Line, Message: f.Message})
		}
	default:
		return c.env.fail(c.Name(), err)
	}
	if c.json {
		if err := c.printJSON(certificateJSON{Findings: list}); err != nil {
			return c.env.fail(c.Name(), err)
		}
		return exitFailed
	}
	p := c.page()
	name := c.proving
	if name == "" {
		name = basePolicy
	}
	p.line("", c.sayf("The policy %s is not proved, so it cannot be used. Findings: %d.", "Die Regeln %s sind nicht bewiesen und darum nicht zu gebrauchen. Befunde: %d.", name, len(list)))
	for i, f := range list {
		p.gap()
		c.finding(p, i+1, f, situations[i])
	}
	if exit := c.end(p, nil); exit != exitOK {
		return exit
	}
	return exitFailed
}

// checkWords says for each kind of finding what it means and what to do.
var checkWords = map[string][4]string{
	policies.CheckEngines: {
		"two engines answer differently", "zwei Auswerter antworten verschieden",
		"do not use this policy; give this text to whoever looks after Lotse", "diese Regeln nicht verwenden; diesen Text denen geben, die Lotse betreuen",
	},
	policies.CheckTotal: {
		"a situation has no complete answer", "eine Lage hat keine vollständige Antwort",
		"give the rules for this situation an answer", "den Regeln für diese Lage eine Antwort geben",
	},
	policies.CheckReasons: {
		"a reason has no words", "ein Grund hat keine Worte",
		"write the missing words at the rule, or correct the name of the reason", "die fehlenden Worte an die Regel schreiben, oder den Namen des Grundes berichtigen",
	},
	policies.CheckFires: {
		"a rule never decides anything", "eine Regel entscheidet nie etwas",
		"its conditions exclude each other, or a word in them is misspelt: correct or remove it", "ihre Bedingungen schließen sich aus, oder ein Wort ist falsch geschrieben: berichtigen oder entfernen",
	},
	policies.CheckLaw: {
		"a law is broken", "ein Gesetz ist verletzt",
		"take back the change that permits this, or narrow it until the example is refused", "die Änderung zurücknehmen, die das erlaubt, oder so eng fassen, dass das Beispiel abgelehnt wird",
	},
	policies.CheckTenant: {
		"a tenant's own rules are not usable", "die eigenen Regeln eines Mandanten sind nicht zu gebrauchen",
		"own rules may only take away: use forbid and drop", "eigene Regeln dürfen nur wegnehmen: forbid und drop verwenden",
	},
	"source": {
		"the text of the policy", "der Text der Regeln",
		"correct the text at this place, or ask who wrote it", "den Text an dieser Stelle berichtigen, oder fragen, wer ihn schrieb",
	},
}

// finding writes one finding. What a rule's author must know exactly is in English only, as the rules are.
func (c *policyCall) finding(p *page, number int, f policyFindingJSON, s *policies.Situation) {
	w, ok := checkWords[f.Check]
	if !ok {
		panic("BUG: a check without words: " + f.Check)
	}
	p.line(c.sayf("%d. ", "%d. ", number), c.say(w[0], w[1]))
	label := func(en, de, text string) {
		if text != "" {
			p.fact("   ", c.say(en, de), 15, text)
		}
	}
	where := f.File
	if f.Line > 0 {
		where += c.sayf(", line %d", ", Zeile %d", f.Line)
	}
	article := f.Article
	if article != "" {
		article = policies.ArticleWords(article, c.language)
	}
	label("rule", "Regel", f.Rule)
	label("article", "Artikel", article)
	label("in the file", "in der Datei", where)
	label("what", "was", f.Message)
	if s != nil {
		label("for example", "zum Beispiel", s.Describe(c.language))
	}
	label("what to do", "was zu tun ist", c.say(w[2], w[3]))
}
