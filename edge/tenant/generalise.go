package tenant

import (
	"slices"
	"time"

	"github.com/lotse-edge/lotse/policies"
	"github.com/lotse-edge/lotse/sdk/abi"
)

// Methods gives the ways to make a value with this tag coarser, the tag's own first. It is empty for a plain value, which
// cannot be made coarser: where a policy asks for that, the value is dropped.
func Methods(t policies.Tag) []string { return slices.Clone(policies.Methods(t)) }

// Generalised makes a checked value coarser by the field's method; to do it twice is to do it once. The type stays, so that
// a module reads a coarse value as it reads a precise one. ok is false when it is impossible; the value must be dropped
// then.
func (f *Field) Generalised(v abi.Value) (coarse abi.Value, ok bool) {
	if !v.Present {
		return abi.Value{}, false
	}
	text, ok := policies.GeneraliseValue(f.Tag, f.Generalise, f.ShowText(v))
	if !ok {
		return abi.Value{}, false
	}
	if f.Type != FieldDate {
		return abi.Value{Present: true, Type: abi.String, Text: text}, true
	}
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		panic("BUG: a date was made coarser into what is no date")
	}
	return abi.Value{Present: true, Type: v.Type, Number: float64(day.Unix() / secondsOfDay)}, true
}
