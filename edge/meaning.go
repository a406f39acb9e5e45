package edge

import (
	"cmp"
	"slices"
	"strings"

	"github.com/lotse-edge/lotse/edge/tenant"
	"github.com/lotse-edge/lotse/sdk/abi"
)

// This file says what a tenant's catalogue means by the names that stand in a module's manifest. The tenant may change that at any
// time, so what was approved by name was approved as it was meant then: where a field becomes one of another category, what reads it
// does something new.

// is stands between a name and its meaning: "the field company is firmographic".
const is = " is "

// OfCatalogue tells whether a line of what is new in a version is about the tenant's catalogue. The others are about the module, and its
// manifest has them.
func OfCatalogue(line string) bool { return strings.HasPrefix(line, "the ") }

// meaningsOf gives a line for each purpose, field and event that a module's manifest names: sorted, each once.
func meaningsOf(m *abi.Manifest, c *tenant.Config) []string {
	names := []string{"the purpose " + m.Purpose}
	for i := range m.Reads {
		f := &m.Reads[i]
		if f.Aggregate == abi.FieldValue {
			names = append(names, "the field "+cmp.Or(f.Field, f.Name))
			continue
		}
		names = append(names, "the event "+f.Event)
		if f.Property != "" {
			names = append(names, "the field "+f.Property)
		}
		for _, w := range f.Where {
			names = append(names, "the field "+w.Property)
		}
	}
	return meanings(names, c)
}

// meaningsAgain gives what other such lines say under another catalogue.
func meaningsAgain(lines []string, c *tenant.Config) []string {
	names := make([]string, len(lines))
	for i, line := range lines {
		names[i] = named(line)
	}
	return meanings(names, c)
}

// named is the part of a line before the meaning. No name in a catalogue has a space in it.
func named(line string) string {
	name, _, _ := strings.Cut(line, is)
	return name
}

func meanings(names []string, c *tenant.Config) []string {
	lines := []string{}
	for _, name := range names {
		if meaning := meaning(name, c); meaning != "" {
			lines = append(lines, name+is+meaning)
		}
	}
	slices.Sort(lines)
	return slices.Compact(lines)
}

// meaning says what a catalogue means by a name; empty where it does not have it.
func meaning(name string, c *tenant.Config) string {
	if purpose, ok := strings.CutPrefix(name, "the purpose "); ok {
		p, ok := c.PurposeByName(purpose)
		if !ok {
			return ""
		}
		text := "on the basis " + p.Basis.String() + ", with profiling " + p.Profiling.String()
		if p.Marketing {
			text += ", for marketing"
		}
		return text
	}
	if event, ok := strings.CutPrefix(name, "the event "); ok {
		e, ok := c.EventByName(event)
		if !ok {
			return ""
		}
		return e.Category.String()
	}
	f, ok := c.FieldByName(strings.TrimPrefix(name, "the field "))
	if !ok {
		return ""
	}
	if f.Tag != 0 {
		return f.Category.String() + ", tagged " + f.Tag.String()
	}
	return f.Category.String()
}

// meantOtherwise tells whether lines say another meaning of a line's name than the line does, and not its own too.
func meantOtherwise(line string, lines []string) bool {
	prefix, other := named(line)+is, false
	for _, l := range lines {
		if l == line {
			return false
		}
		other = other || strings.HasPrefix(l, prefix)
	}
	return other
}
