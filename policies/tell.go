package policies

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A Statement is one sentence of an answer with the ids of the rules behind it.
type Statement struct {
	Subject string   `json:"subject"` // permit, keep, coarser, drop, profiling, transfer, device, portable
	Words   Words    `json:"words"`
	Reasons []string `json:"reasons"`
}

// Tell says in sentences what a row has done and why, in the order in which a person asks. A refusal is one sentence: it keeps and does
// nothing.
func (r *Row) Tell() []Statement {
	if !r.Permit {
		return []Statement{{SubjectPermit, words("refused: nothing is kept and nothing is used", "abgelehnt: nichts wird gespeichert und nichts genutzt"), r.Reasons}}
	}
	out := []Statement{{SubjectPermit, words("permitted", "erlaubt"), r.Reasons}}
	out = append(out, r.tellFields()...)
	out = append(out, Statement{SubjectProfiling, profilingWords[r.Profiling], r.ProfilingReasons})
	transfer, device := words("not passed on", "nicht weitergegeben"), words("nothing is stored on the visitor's device", "auf dem Gerät des Besuchers wird nichts gespeichert")
	if r.Transfer {
		transfer = words("may be passed on to other systems that serve the purpose", "darf an andere Systeme weitergegeben werden, die dem Zweck dienen")
	}
	if r.Device {
		device = words("an identifier may be stored on the visitor's device", "auf dem Gerät des Besuchers darf eine Kennung gespeichert werden")
	}
	return append(out, Statement{SubjectTransfer, transfer, r.TransferReasons}, Statement{SubjectDevice, device, r.DeviceReasons}, r.tellPortable())
}

func (r *Row) tellPortable() Statement {
	var of []Provenance
	for p := range provenanceCount {
		if r.Portable[p] {
			of = append(of, p)
		}
	}
	if len(of) == 0 {
		return Statement{SubjectPortable, words("no copy to take along", "keine Kopie zum Mitnehmen"), r.PortableReasons}
	}
	return Statement{SubjectPortable, inEach(func(language string) string {
		list := make([]string, len(of))
		for i, p := range of {
			list[i] = provenanceWords[p][language]
		}
		return words("in the visitor's copy to take along: ", "in der Kopie zum Mitnehmen: ")[language] + both(list, language)
	}), r.PortableReasons}
}

// inEach makes a text in every language of the officer's words.
func inEach(text func(language string) string) Words { return words(text("en"), text("de")) }

// tellFields says what is kept, what is kept in a coarser form and what is not kept.
func (r *Row) tellFields() []Statement {
	e := r.Effects()
	kept, coarser, dropped := Statement{Subject: SubjectKeep}, Statement{Subject: "coarser"}, map[string][]Category{}
	var days []int
	byDays := map[int][]Category{}
	for c := range categoryCount {
		if e.Days[c] == 0 {
			reason := r.Field(Class{c, TagPlain, true}).Reason
			dropped[reason] = append(dropped[reason], c)
			continue
		}
		d := int(e.Days[c])
		byDays[d] = append(byDays[d], c)
		days = append(days, d)
		kept.Reasons = append(kept.Reasons, r.Field(Class{c, TagPlain, true}).Reason)
	}
	slices.Sort(days)
	days = slices.Compact(days)
	kept.Words = inEach(func(language string) string {
		lines := make([]string, len(days))
		for i, d := range days {
			lines[i] = fmt.Sprintf(words("for %s days: %s", "%s Tage: %s")[language], strconv.Itoa(d), both(categoriesIn(byDays[d], language), language))
		}
		return words("kept ", "gespeichert ")[language] + strings.Join(lines, "; ")
	})
	kept.Reasons = append(kept.Reasons, r.Retention)
	var out []Statement
	if len(days) > 0 {
		out = append(out, tidy(kept))
	}
	var tags []Tag
	for t := TagPlain + 1; t < tagCount; t++ {
		for c := range categoryCount {
			if f := r.Field(Class{c, t, true}); f.Verdict == Generalise {
				coarser.Reasons = append(coarser.Reasons, f.Reason)
				tags = append(tags, t)
			}
		}
	}
	if tags = slices.Compact(tags); len(tags) > 0 {
		coarser.Words = inEach(func(language string) string {
			list := make([]string, len(tags))
			for i, t := range tags {
				list[i] = tagWords[t][language]
			}
			return words("kept in a coarser form only: ", "nur gröber gespeichert: ")[language] + both(list, language)
		})
		out = append(out, tidy(coarser))
	}
	for c := range categoryCount { // in the order of the categories
		reason := r.Field(Class{c, TagPlain, true}).Reason
		if list := dropped[reason]; e.Days[c] == 0 && list[0] == c {
			out = append(out, Statement{"drop", inEach(func(language string) string {
				return words("not kept: ", "nicht gespeichert: ")[language] + both(categoriesIn(list, language), language)
			}), []string{reason}})
		}
	}
	return out
}

func categoriesIn(list []Category, language string) []string {
	out := make([]string, len(list))
	for i, c := range list {
		out[i] = categoryWords[c][language]
	}
	return out
}

// tidy gives each reason of a statement once.
func tidy(s Statement) Statement {
	slices.Sort(s.Reasons)
	s.Reasons = slices.Compact(s.Reasons)
	return s
}
