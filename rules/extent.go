package rules

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/lotse-edge/lotse/sdk/abi"
)

// Extent says in plain words what a module reads of a visitor, for which purpose, and what it says: one line each, sorted, each
// once. Two modules have a line in common just where they do the same. The manifest is valid. A privacy officer reads these lines
// and signs them, so what a tenant wrote into a filter is quoted, with everything that does not show as it is escaped.
func Extent(m *abi.Manifest) []string {
	lines := []string{"runs for the purpose " + m.Purpose}
	for i := range m.Reads {
		lines = append(lines, "reads "+Reading(&m.Reads[i]))
	}
	for _, s := range m.Emits.Scores {
		lines = append(lines, "says the score "+s.Name)
	}
	for _, s := range m.Emits.Segments {
		lines = append(lines, "says the segment "+s)
	}
	for _, t := range m.Emits.Traits {
		lines = append(lines, "says the trait "+t.Name)
	}
	slices.Sort(lines)
	return slices.Compact(lines)
}

// Beyond gives the lines of an extent that another one, sorted, does not have.
func Beyond(extent, known []string) []string {
	var lines []string
	for _, l := range extent {
		if _, ok := slices.BinarySearch(known, l); !ok {
			lines = append(lines, l)
		}
	}
	return lines
}

// Reading says in words what a feature is.
func Reading(f *abi.Feature) string {
	var what string
	switch f.Aggregate {
	case abi.FieldValue:
		return "the field " + cmp.Or(f.Field, f.Name)
	case abi.Count:
		what = "the number of " + f.Event
	case abi.Sum:
		what = "the sum of " + f.Property + " of " + f.Event
	case abi.Decayed:
		what = "the number of " + f.Event + ", halved every " + f.HalfLife
	case abi.DaysSinceFirst:
		what = "the days since the first " + f.Event
	case abi.DaysSinceLast:
		what = "the days since the last " + f.Event
	default:
		panic("BUG: a valid manifest has an aggregate that nobody knows")
	}
	if f.Window != "" {
		what += " in " + f.Window
	}
	var filters []string
	for _, c := range f.Where {
		filters = append(filters, filter(c))
	}
	if len(filters) > 0 {
		slices.Sort(filters)
		what += " where " + strings.Join(filters, " and ")
	}
	return what
}

func filter(c abi.Condition) string {
	if c.Prefix != "" {
		return c.Property + " begins with " + strconv.Quote(c.Prefix)
	}
	values := make([]string, len(c.In))
	for i, v := range c.In {
		values[i] = strconv.Quote(v)
	}
	slices.Sort(values)
	return c.Property + " is " + strings.Join(values, " or ")
}
