package profile

import (
	"strconv"
	"strings"

	"github.com/lotse-edge/lotse/policies"
	"github.com/lotse-edge/lotse/sdk/abi"
)

// Kind is the kind of a value. Zero is no kind: the zero Value is no value.
type Kind uint8

// The kinds. A date is a number, the days since 1970-01-01.
const (
	Number  Kind = 1
	Text    Kind = 2
	Boolean Kind = 3
)

// Value is a number, a text or a boolean. Values compare with ==.
type Value struct {
	Kind   Kind
	Number float64 // finite; of a boolean 0 or 1
	Text   string
}

// NumberValue makes a number.
func NumberValue(n float64) Value { return Value{Kind: Number, Number: n} }

// TextValue makes a text.
func TextValue(s string) Value { return Value{Kind: Text, Text: s} }

// BooleanValue makes a boolean.
func BooleanValue(b bool) Value {
	v := Value{Kind: Boolean}
	if b {
		v.Number = 1
	}
	return v
}

// String gives the value as text, the way that a condition compares it.
func (v Value) String() string {
	switch v.Kind {
	case Text:
		return v.Text
	case Number:
		return strconv.FormatFloat(v.Number, 'g', -1, 64)
	case Boolean:
		return strconv.FormatBool(v.Number != 0)
	default:
		return ""
	}
}

// meets tells whether the value is one of the texts and begins with the prefix; no texts and no prefix ask nothing.
func (v Value) meets(in []string, prefix string) bool {
	s := v.Text
	if v.Kind != Text {
		s = v.String()
	}
	if !strings.HasPrefix(s, prefix) {
		return false
	}
	if len(in) == 0 {
		return true
	}
	for _, one := range in {
		if s == one {
			return true
		}
	}
	return false
}

// feature gives the value to a module that reads a type; absent where the types differ.
func (v Value) feature(t abi.Type) abi.Value {
	f := abi.Value{Type: t}
	switch {
	case v.Kind == Number && t == abi.Number, v.Kind == Boolean && t == abi.Boolean:
		f.Present, f.Number = true, v.Number
	case v.Kind == Text && t == abi.String:
		f.Present, f.Text = true, v.Text
	}
	return f
}

// Coarsen makes a field's value coarser. It must give the same for the same, and no value (the zero Value) where nothing
// may be left. It must not keep what it is given.
type Coarsen func(field uint16, v Value) Value

// alive tells whether a grant still holds at now for what was stored or happened at a moment. A time to live ends in the
// millisecond in which it is over; zero days have no end.
func alive(g policies.Grant, at, now Millis) bool {
	return g.TTLDays == 0 || now < at+Millis(g.TTLDays)*day
}

// granted finds the living grant of a purpose.
func granted(grants []policies.Grant, purpose uint8, at, now Millis) (policies.Grant, bool) {
	for _, g := range grants {
		if g.Purpose == purpose && alive(g, at, now) {
			return g, true
		}
	}
	return policies.Grant{}, false
}

// keeps tells whether one of the grants allows the value as it is.
func keeps(grants []policies.Grant) bool {
	for _, g := range grants {
		if !g.Generalised {
			return true
		}
	}
	return false
}

// Expires gives the moment at which the last of the grants ends; zero: never.
func Expires(grants []policies.Grant, at Millis) Millis {
	var last Millis
	for _, g := range grants {
		if g.TTLDays == 0 {
			return 0
		}
		last = max(last, at+Millis(g.TTLDays)*day)
	}
	return last
}
