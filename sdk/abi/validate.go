package abi

import (
	"fmt"
	"slices"
	"strings"
)

// Limits of a manifest's tables.
const (
	MaxReads      = 256 // features
	MaxConditions = 8   // conditions of a feature
	MaxTexts      = 64  // texts of a condition
	MaxScores     = 16  // also traits
	MaxNames      = 64  // reasons of a score, values of a trait, segments
	MaxText       = 256 // bytes of a text that a condition compares with
	MaxPages      = 1 << 16

	maxName = 64 // bytes of a name or a version
)

// Validate checks every rule of version 1. An error is a *ManifestError with everything that is wrong.
func (m *Manifest) Validate() error {
	var f faults
	f.validate(m)
	return f.err()
}

// ValidName tells whether s is a name: a small letter, then at most 63 small letters, digits, hyphens and underscores.
func ValidName(s string) bool {
	if s == "" || len(s) > maxName || s[0] < 'a' || s[0] > 'z' {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9', c == '-', c == '_':
		default:
			return false
		}
	}
	return true
}

func (f *faults) validate(m *Manifest) {
	if m.ABI != Version {
		f.add("abi", "must be %d, the version of the contract", Version)
	}
	f.name("name", m.Name)
	if !validVersion(m.Version) {
		f.add("version", `must be a semantic version, such as "1.0.0"`)
	}
	f.name("purpose", m.Purpose)
	if m.Memory > MaxPages {
		f.add("memory", "must be at most %d pages", MaxPages)
	}
	f.tables(m)
	for i := range m.Reads {
		f.read(fmt.Sprintf("reads[%d]", i), &m.Reads[i])
	}
}

// tables checks the lists of names.
func (f *faults) tables(m *Manifest) {
	reads := make([]string, len(m.Reads))
	for i := range m.Reads {
		reads[i] = m.Reads[i].Name
	}
	f.names("reads", ".name", reads, MaxReads)

	e := &m.Emits
	if len(e.Scores)+len(e.Segments)+len(e.Traits) == 0 {
		f.add("emits", "must have a score, a segment or a trait: a module has something to say")
	}
	f.names("emits.segments", "", e.Segments, MaxNames)
	f.checkTitles("emits.titles", "segment", e.Titles, e.Segments)

	scores := make([]string, len(e.Scores))
	for i, s := range e.Scores {
		path := fmt.Sprintf("emits.scores[%d]", i)
		scores[i] = s.Name
		f.filled(path+".reasons", s.Reasons)
		f.features(path+".features", &s, len(m.Reads))
		f.checkTitle(path+".title", s.Title)
		f.checkTitles(path+".titles", "reason", s.Titles, s.Reasons)
	}
	f.names("emits.scores", ".name", scores, MaxScores)

	traits := make([]string, len(e.Traits))
	for i, t := range e.Traits {
		path := fmt.Sprintf("emits.traits[%d]", i)
		traits[i] = t.Name
		f.filled(path+".values", t.Values)
		f.checkTitle(path+".title", t.Title)
		f.checkTitles(path+".titles", "value", t.Titles, t.Values)
	}
	f.names("emits.traits", ".name", traits, MaxScores)
}

// features checks that each reason has its list, of features that are read.
func (f *faults) features(path string, s *Score, reads int) {
	if len(s.Features) == 0 {
		return
	}
	if len(s.Features) != len(s.Reasons) {
		f.add(path, "has %d lists for %d reasons", len(s.Features), len(s.Reasons))
		return
	}
	for i, list := range s.Features {
		last := -1
		for j, index := range list {
			at := fmt.Sprintf("%s[%d][%d]", path, i, j)
			switch {
			case index < 0 || index >= reads:
				f.add(at, "is the index of no feature: the module reads %d", reads)
			case index <= last:
				f.add(at, "is not above the one before it")
			}
			last = index
		}
	}
}

func (f *faults) filled(path string, names []string) {
	if len(names) == 0 {
		f.add(path, "must have at least one name")
	}
	f.names(path, "", names, MaxNames)
}

// names checks that each is a name, that none is there twice and that they are at most limit.
func (f *faults) names(path, suffix string, names []string, limit int) {
	if len(names) > limit {
		f.add(path, "has %d items, more than %d", len(names), limit)
		return
	}
	seen := make(map[string]int, len(names))
	for i, n := range names {
		at := fmt.Sprintf("%s[%d]%s", path, i, suffix)
		f.name(at, n)
		if first, twice := seen[n]; twice {
			f.add(at, "%s is the name of item %d already", quote(n), first)
		} else {
			seen[n] = i
		}
	}
}

func (f *faults) name(path, s string) {
	if !ValidName(s) {
		f.add(path, "%s is not a name: a small letter, then at most 63 small letters, digits, '-' and '_'", quote(s))
	}
}

// read checks what a feature's aggregate needs, and that there is nothing that it would ignore.
func (f *faults) read(path string, x *Feature) {
	if codeOf(x.Type) == 0 {
		f.add(path+".type", "must be number, string or boolean")
	}
	if x.Aggregate == FieldValue {
		f.optionalName(path+".field", x.Field)
		f.unused(path+".event", x.Event != "", "a field")
		f.unused(path+".where", len(x.Where) > 0, "a field")
		f.unused(path+".property", x.Property != "", "a field")
		f.unused(path+".window", x.Window != "", "a field")
		f.unused(path+".half_life", x.HalfLife != "", "a field")
		return
	}

	who := string(x.Aggregate)
	switch x.Aggregate {
	case Count, Sum, Decayed, DaysSinceFirst, DaysSinceLast:
	default:
		f.add(path+".aggregate", "must be count, sum, decayed, days_since_first or days_since_last, or not be there")
		return
	}
	if x.Type != Number {
		f.add(path+".type", "must be number for %s", who)
	}
	f.name(path+".event", x.Event)
	f.unused(path+".field", x.Field != "", who)
	if x.Aggregate == Sum {
		f.name(path+".property", x.Property)
	} else {
		f.unused(path+".property", x.Property != "", who)
	}
	if x.Aggregate == Decayed {
		f.duration(path+".half_life", x.HalfLife)
	} else {
		f.unused(path+".half_life", x.HalfLife != "", who)
	}
	if x.Aggregate == Count || x.Aggregate == Sum {
		if x.Window != "" {
			f.duration(path+".window", x.Window)
		}
	} else {
		f.unused(path+".window", x.Window != "", who)
	}
	f.where(path+".where", x.Where)
}

func (f *faults) where(path string, where []Condition) {
	if len(where) > MaxConditions {
		f.add(path, "has %d conditions, more than %d", len(where), MaxConditions)
		return
	}
	for i := range where {
		c := &where[i]
		at := fmt.Sprintf("%s[%d]", path, i)
		f.name(at+".property", c.Property)
		if (len(c.In) > 0) == (c.Prefix != "") {
			f.add(at, "must have either in or prefix")
		}
		if c.Prefix != "" {
			f.compared(at+".prefix", c.Prefix)
		}
		if len(c.In) > MaxTexts {
			f.add(at+".in", "has %d texts, more than %d", len(c.In), MaxTexts)
			continue
		}
		for j, s := range c.In {
			f.compared(fmt.Sprintf("%s.in[%d]", at, j), s)
			if slices.Contains(c.In[:j], s) {
				f.add(fmt.Sprintf("%s.in[%d]", at, j), "is there more than once")
			}
		}
	}
}

// compared checks a text that a condition compares with.
func (f *faults) compared(path, s string) {
	if !ValidText(s) {
		f.add(path, "must be a text of 1 to %d bytes on one line", MaxText)
	}
}

// ValidText tells whether s is fit to be a text that a condition compares with.
func ValidText(s string) bool { return s != "" && len(s) <= MaxText && onOneLine(s) }

func (f *faults) optionalName(path, s string) {
	if s != "" {
		f.name(path, s)
	}
}

func (f *faults) unused(path string, there bool, who string) {
	if there {
		f.add(path, "has no meaning for %s", who)
	}
}

func (f *faults) duration(path, s string) {
	if _, err := ParseDuration(s); err != nil {
		f.add(path, "%v", err)
	}
}

// validVersion checks the form of a semantic version: three numbers, then "-" and a pre-release, "+" and a build.
func validVersion(s string) bool {
	if len(s) > maxName {
		return false
	}
	s, build, hasBuild := strings.Cut(s, "+")
	core, pre, hasPre := strings.Cut(s, "-")
	if hasBuild && !validIdentifiers(build) || hasPre && !validIdentifiers(pre) {
		return false
	}
	parts := strings.Split(core, ".")
	for _, p := range parts {
		if p == "" || strings.Trim(p, "0123456789") != "" || len(p) > 1 && p[0] == '0' {
			return false
		}
	}
	return len(parts) == 3
}

// validIdentifiers checks a pre-release or a build: identifiers between dots.
func validIdentifiers(s string) bool {
	for id := range strings.SplitSeq(s, ".") {
		ok := id != "" && !strings.ContainsFunc(id, func(r rune) bool {
			return r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
		})
		if !ok {
			return false
		}
	}
	return true
}

// quote shows a text in an error, bounded.
func quote(s string) string {
	if len(s) > maxName {
		return fmt.Sprintf("%.*q...", maxName, s)
	}
	return fmt.Sprintf("%q", s)
}
