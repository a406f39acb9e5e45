package policies

import "fmt"

// Consequences says what changes of an answer mean, each as the end of "then ...". Changes of one sort are one sentence.
func Consequences(changes []Change, language string) []string {
	var out []string
	if len(changes) > 0 && changes[0].Subject == SubjectPermit {
		if changes[0].Direction == Narrower {
			return []string{words("nothing could be kept or used", "nichts dürfte gespeichert oder genutzt werden")[language]}
		}
		out = append(out, words("the purpose would be permitted", "der Zweck wäre erlaubt")[language])
	}
	list := func(heading Words, subject string, item func(c Change) string) {
		var items []string
		for _, c := range changes {
			if text := item(c); c.Subject == subject && text != "" {
				items = append(items, text)
			}
		}
		if len(items) > 0 {
			out = append(out, heading[language]+": "+both(items, language))
		}
	}
	list(words("kept could be", "gespeichert werden dürften"), SubjectKeep, func(c Change) string {
		if c.from != 0 {
			return ""
		}
		return fmt.Sprintf(words("%s (%d days)", "%s (%d Tage)")[language], categoryWords[c.of][language], c.to)
	})
	list(words("kept for another time could be", "anders lange gespeichert werden dürften"), SubjectKeep, func(c Change) string {
		if c.from == 0 || c.to == 0 {
			return ""
		}
		return fmt.Sprintf(words("%s (%d days instead of %d)", "%s (%d statt %d Tage)")[language], categoryWords[c.of][language], c.to, c.from)
	})
	list(words("not kept could be", "nicht gespeichert werden dürften"), SubjectKeep, func(c Change) string {
		if c.to != 0 {
			return ""
		}
		return categoryWords[c.of][language]
	})
	list(words("kept as they are could be", "genau gespeichert werden dürften"), SubjectExact, func(c Change) string { return c.tagTo(1, language) })
	list(words("kept in a coarser form only could be", "nur gröber gespeichert werden dürften"), SubjectExact, func(c Change) string { return c.tagTo(0, language) })
	for _, c := range changes {
		if text, ok := c.use(); ok {
			out = append(out, text[language])
		}
	}
	if len(out) > 0 && changes[0].Subject == SubjectPermit {
		return out // what can be taken along follows from what is kept
	}
	list(words("new in the visitor's copy to take along", "neu in der Kopie zum Mitnehmen"), SubjectPortable, func(c Change) string { return c.provenanceTo(1, language) })
	list(words("no longer in the visitor's copy to take along", "nicht mehr in der Kopie zum Mitnehmen"), SubjectPortable, func(c Change) string { return c.provenanceTo(0, language) })
	return out
}

func (c Change) tagTo(to int, language string) string {
	if c.Subject != SubjectExact || c.to != to {
		return ""
	}
	return tagWords[c.of][language]
}

func (c Change) provenanceTo(to int, language string) string {
	if c.Subject != SubjectPortable || c.to != to {
		return ""
	}
	return provenanceWords[c.of][language]
}

// use says what a change of use means; ok is false for one of what is kept.
func (c Change) use() (text Words, ok bool) {
	pick := func(yes, no Words) (Words, bool) {
		if c.to != 0 {
			return yes, true
		}
		return no, true
	}
	switch c.Subject {
	case SubjectProfiling:
		return map[Profiling]Words{
			ProfilingNone:   words("no profile could be made", "kein Profil dürfte gebildet werden"),
			ProfilingScore:  words("scores could be computed, and no machine could decide", "Bewertungen dürften berechnet werden, und keine Maschine dürfte entscheiden"),
			ProfilingDecide: words("a machine could decide, with a person to review it", "eine Maschine dürfte entscheiden, und ein Mensch müsste es prüfen können"),
		}[Profiling(c.to)], true
	case SubjectReview:
		return pick(words("a person would have to be able to review it", "ein Mensch müsste es prüfen können"),
			words("no person would have to be able to review it", "kein Mensch müsste es prüfen können"))
	case SubjectTransfer:
		return pick(words("the data could be passed on", "die Daten dürften weitergegeben werden"),
			words("the data could not be passed on", "die Daten dürften nicht weitergegeben werden"))
	case SubjectDevice:
		return pick(words("an identifier could be stored on the visitor's device", "auf dem Gerät des Besuchers dürfte eine Kennung gespeichert werden"),
			words("nothing could be stored on the visitor's device", "auf dem Gerät des Besuchers dürfte nichts gespeichert werden"))
	}
	return nil, false
}
