package tenant

import (
	"cmp"
	"slices"
	"time"

	"github.com/lotse-edge/lotse/policies"
	"github.com/lotse-edge/lotse/sdk/abi"
)

// dateMethods are the ways to make a date coarser, the field's own first. A date stays a date, so that a module that reads
// it sees the same type; the texts of policies.GeneraliseValue (a year, an age band) would be another.
var dateMethods = []string{"birth_year", "birth_decade"} // 1987-05-23 -> 1987-01-01, or 1980-01-01

// Methods gives the ways to make a value with this tag coarser, the tag's own first. It is empty for a plain value, which
// cannot be made coarser: where a policy asks for that, the value is dropped.
func Methods(t policies.Tag) []string {
	if t == policies.TagBirthDate {
		return slices.Clone(dateMethods)
	}
	return slices.Clone(policies.Methods(t))
}

// Generalised makes a checked value coarser by the field's method; to do it twice is to do it once. ok is false when it is
// impossible; the value must be dropped then.
func (f *Field) Generalised(v abi.Value) (coarse abi.Value, ok bool) {
	switch {
	case !v.Present:
		return abi.Value{}, false
	case f.Tag != policies.TagBirthDate:
		text, ok := policies.GeneraliseValue(f.Tag, f.Generalise, v.Text, time.Time{}) // only ages depend on the time
		return abi.Value{Present: ok, Type: abi.String, Text: text}, ok
	case f.Type != FieldDate:
		return abi.Value{}, false
	}
	switch cmp.Or(f.Generalise, dateMethods[0]) {
	case "birth_year":
		v.Number = firstOfYear(v.Number, 1)
	case "birth_decade":
		v.Number = firstOfYear(v.Number, 10)
	default:
		return abi.Value{}, false
	}
	return v, true
}

// firstOfYear gives the first day of a date's year, or of the first year of its decade, as days since 1970-01-01. There is
// no year 0, so the first decade begins with the year 1.
func firstOfYear(days float64, years int) float64 {
	year := time.Unix(int64(days)*secondsOfDay, 0).UTC().Year()
	return float64(time.Date(max(1, year-year%years), 1, 1, 0, 0, 0, 0, time.UTC).Unix() / secondsOfDay)
}
