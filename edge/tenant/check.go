package tenant

import (
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/lotse-edge/lotse/policies"
	"github.com/lotse-edge/lotse/sdk/abi"
)

const secondsOfDay = 24 * 60 * 60

// Check gives a JSON value (string, float64, bool) in the form that is stored, or false when the field cannot hold it. In
// that form a string is trimmed, a boolean is 0 or 1, a date is its number of days since 1970-01-01 and an IP address is
// spelt in one way. A text form of a number, a boolean or a date is read, too, as HTML forms and CSV files give.
func (f *Field) Check(v any) (abi.Value, bool) {
	switch v := v.(type) {
	case string:
		return f.CheckText(v)
	case float64:
		return f.CheckNumber(v)
	case bool:
		return f.CheckBoolean(v)
	}
	return abi.Value{}, false
}

// CheckText is Check for a string. It allocates only when an IP address is spelt in another way.
func (f *Field) CheckText(s string) (abi.Value, bool) {
	if len(s) > maxLength {
		return abi.Value{}, false
	}
	s = strings.TrimSpace(s)
	if s == "" {
		return abi.Value{}, false
	}
	switch f.Type {
	case FieldNumber:
		n, ok := decimal(s)
		if !ok {
			return abi.Value{}, false
		}
		return f.CheckNumber(n)
	case FieldBoolean:
		if s != "true" && s != "false" {
			return abi.Value{}, false
		}
		return f.CheckBoolean(s == "true")
	case FieldDate:
		days, ok := parseDate(s)
		return abi.Value{Present: ok, Type: abi.Number, Number: days}, ok
	}
	if f.MaxLength > 0 && len(s) > f.MaxLength || !printable(s) || len(f.Values) > 0 && !slices.Contains(f.Values, s) {
		return abi.Value{}, false
	}
	if f.Tag == policies.TagIP {
		ip, err := netip.ParseAddr(s)
		if err != nil || ip.Zone() != "" {
			return abi.Value{}, false
		}
		if spelt := ip.Unmap().String(); spelt != s {
			s = spelt
		}
	}
	return abi.Value{Present: true, Type: abi.String, Text: s}, true
}

// CheckNumber is Check for a number.
func (f *Field) CheckNumber(n float64) (abi.Value, bool) {
	if f.Type != FieldNumber || math.IsInf(n, 0) || math.IsNaN(n) {
		return abi.Value{}, false
	}
	return abi.Value{Present: true, Type: abi.Number, Number: n + 0}, true // + 0: minus zero is zero
}

// CheckBoolean is Check for a boolean.
func (f *Field) CheckBoolean(b bool) (abi.Value, bool) {
	if f.Type != FieldBoolean {
		return abi.Value{}, false
	}
	v := abi.Value{Present: true, Type: abi.Boolean}
	if b {
		v.Number = 1
	}
	return v, true
}

// Show gives a stored value as the JSON value that Check would read: string, float64 or bool; nil when it is absent.
func (f *Field) Show(v abi.Value) any {
	switch {
	case !v.Present:
		return nil
	case f.Type == FieldNumber:
		return v.Number
	case f.Type == FieldBoolean:
		return v.Number != 0
	}
	return f.ShowText(v)
}

// ShowText gives a stored value as a text: what a stage's condition compares and what a file holds.
func (f *Field) ShowText(v abi.Value) string {
	if !v.Present {
		return ""
	}
	switch f.Type {
	case FieldNumber:
		return strconv.FormatFloat(v.Number, 'f', -1, 64)
	case FieldBoolean:
		return strconv.FormatBool(v.Number != 0)
	case FieldDate:
		return time.Unix(int64(v.Number)*secondsOfDay, 0).UTC().Format(time.DateOnly)
	}
	return v.Text
}

// printable tells whether a string is text: valid UTF-8 without control characters.
func printable(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] == 0x7f {
			return false
		}
	}
	return utf8.ValidString(s)
}

// decimal reads a number in digits: no hexadecimal, no underscores, no infinity.
func decimal(s string) (float64, bool) {
	for i := range len(s) {
		switch c := s[i]; {
		case '0' <= c && c <= '9', c == '.', c == '-', c == '+', c == 'e', c == 'E':
		default:
			return 0, false
		}
	}
	n, err := strconv.ParseFloat(s, 64)
	return n, err == nil
}

// parseDate reads YYYY-MM-DD as days since 1970-01-01.
func parseDate(s string) (float64, bool) {
	if len(s) != len(time.DateOnly) {
		return 0, false
	}
	t, err := time.Parse(time.DateOnly, s)
	if err != nil || t.Year() < 1 {
		return 0, false
	}
	return float64(t.Unix() / secondsOfDay), true
}
