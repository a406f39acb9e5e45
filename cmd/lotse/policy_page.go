package main

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/lotse-edge/lotse/policies"
)

// page is a text for an officer, in one language and not wider than a terminal.
type page struct {
	strings.Builder
	call *policyCall
}

func (c *policyCall) page() *page { return &page{call: c} }

// pageWidth is how wide a line is at most, in characters.
const pageWidth = 110

// fact writes a text with a label in front of it.
func (p *page) fact(indent, label string, width int, text string) {
	p.line(indent+label+strings.Repeat(" ", max(1, width-utf8.RuneCountInString(label))), text)
}

// line writes a text, broken into lines; what follows the first is indented as deep as the text begins after its head.
func (p *page) line(head, text string) {
	rest := strings.Repeat(" ", utf8.RuneCountInString(head))
	p.WriteString(head)
	at := len(rest)
	for i, word := range strings.Fields(text) {
		n := utf8.RuneCountInString(word)
		switch {
		case i > 0 && at+1+n > pageWidth:
			p.WriteString("\n" + rest)
			at = len(rest)
		case i > 0:
			p.WriteByte(' ')
			at++
		}
		p.WriteString(word)
		at += n
	}
	p.WriteByte('\n')
}

func (p *page) gap() { p.WriteByte('\n') }

// reason writes a reason: its words, its article and its id.
func (p *page) reason(head string, t *policies.Table, id string) {
	p.line(head, reasonWords(t, id, p.call.language)+" ["+id+"]")
}

// reasonWords is a reason's text with its article.
func reasonWords(t *policies.Table, id, language string) string {
	r, ok := t.Reason(id)
	if !ok {
		panic("BUG: a reason without words: " + id)
	}
	title := r.Title[language]
	if r.Article == "" {
		return title
	}
	return title + " (" + policies.ArticleWords(r.Article, language) + ")"
}

// statements writes an answer with its reasons.
func (p *page) statements(indent string, t *policies.Table, r *policies.Row) {
	for _, s := range r.Tell() {
		p.line(indent, s.Words[p.call.language])
		for _, id := range s.Reasons {
			p.reason(indent+"  - ", t, id)
		}
	}
}

// cover writes which situations a set is: what all of its cubes ask for, then what each asks for besides.
func (p *page) cover(indent string, cubes []policies.Cube) {
	language := p.call.language
	common, rest := policies.Factor(cubes)
	when := p.call.say("when ", "wenn ")
	if len(cubes) == 1 {
		p.line(indent+when, common.Describe(language))
		return
	}
	head := indent + when
	if len(common.Conditions()) > 0 {
		p.line(head, common.Describe(language))
		head = indent + p.call.say("and either ", "und entweder ")
	} else {
		head += p.call.say("either ", "entweder ")
	}
	or := strings.Repeat(" ", utf8.RuneCountInString(head)-len(p.call.say("or ", "oder "))) + p.call.say("or ", "oder ")
	for i, c := range rest {
		if i == maxCubes && len(rest) > maxCubes+1 {
			p.line(or, p.call.sayf("one of %d more; --json has all", "eines von %d weiteren; --json nennt alle", len(rest)-i))
			return
		}
		p.line(head, c.Describe(language))
		head = or
	}
}

// maxCubes is how many descriptions of one set a person reads.
const maxCubes = 8

// count writes a number as people do.
func (c *policyCall) count(n uint64) string {
	text, mark := strconv.FormatUint(n, 10), c.say(",", ".")
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + mark + text[i:]
	}
	return text
}

// reasonJSON explains a reason in JSON.
type reasonJSON struct {
	Title   map[string]string `json:"title"`
	Article string            `json:"article"`
	Link    string            `json:"link,omitempty"`
}

// reasonsOf explains ids.
func reasonsOf(t *policies.Table, rows ...*policies.Row) map[string]reasonJSON {
	out := map[string]reasonJSON{}
	for _, row := range rows {
		for _, s := range row.Tell() {
			for _, id := range s.Reasons {
				r, _ := t.Reason(id)
				out[id] = reasonJSON{r.Title, r.Article, r.Link}
			}
		}
	}
	return out
}

// whereJSON is a cover in JSON: any of them, and of each all conditions.
func whereJSON(cubes []policies.Cube) [][]policies.Condition {
	out := make([][]policies.Condition, len(cubes))
	for i, c := range cubes {
		out[i] = c.Conditions()
	}
	return out
}
