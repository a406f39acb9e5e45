package tenant

import (
	"net/netip"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/lotse-edge/lotse/policies"
	"github.com/lotse-edge/lotse/sdk/abi"
)

// methods are the ways to make a value coarser, by tag. The first of a tag is its own: what happens where the catalogue
// names none.
var methods = map[policies.Tag][]string{
	policies.TagIP:        {"network"},               // 192.0.2.17 -> 192.0.2.0, 2001:db8:1:2::3 -> 2001:db8:1::
	policies.TagBirthDate: {"year", "decade"},        // 1987-05-23 -> 1987-01-01, or 1980-01-01
	policies.TagLocation:  {"region", "first_digit"}, // 70173 -> 70, or 7
	policies.TagURL:       {"path", "host", "root"},  // without query and fragment; the host alone; the first part of the path
}

// Methods gives the ways to make a value with this tag coarser, the tag's own first. It is empty for a plain value, which
// cannot be made coarser: where a policy asks for that, the value is dropped.
func Methods(t policies.Tag) []string { return slices.Clone(methods[t]) }

// Generalised makes a checked value coarser by the field's method; to do it twice is to do it once. ok is false when it is
// impossible; the value must be dropped then.
func (f *Field) Generalised(v abi.Value) (coarse abi.Value, ok bool) {
	method := f.Generalise
	if method == "" {
		own := methods[f.Tag]
		if len(own) == 0 {
			return abi.Value{}, false
		}
		method = own[0]
	}
	switch method {
	case "network":
		v.Text, ok = network(v.Text)
	case "year":
		v.Number, ok = yearOf(v.Number, 1), true
	case "decade":
		v.Number, ok = yearOf(v.Number, 10), true
	case "region":
		v.Text, ok = first(v.Text, 2)
	case "first_digit":
		v.Text, ok = first(v.Text, 1)
	case "path", "host", "root":
		v.Text, ok = location(v.Text, method)
	}
	if !ok {
		return abi.Value{}, false
	}
	return v, true
}

// network keeps the first 24 bits of an IPv4 address and 48 of an IPv6 one: a provider's or a company's network.
func network(s string) (string, bool) {
	ip, err := netip.ParseAddr(s)
	if err != nil {
		return "", false
	}
	ip = ip.Unmap().WithZone("")
	bits := 48
	if ip.Is4() {
		bits = 24
	}
	prefix, err := ip.Prefix(bits)
	if err != nil {
		return "", false
	}
	return prefix.Addr().String(), true
}

// yearOf gives the first day of a date's year, or of its decade, as days since 1970-01-01.
func yearOf(days float64, step int) float64 {
	year := time.Unix(int64(days)*secondsOfDay, 0).UTC().Year()
	year -= year % step
	return float64(time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC).Unix() / secondsOfDay)
}

// first keeps the first characters of a postcode.
func first(s string, n int) (string, bool) {
	for i := range s {
		if n == 0 {
			return s[:i], true
		}
		n--
	}
	return s, s != ""
}

// location takes from a URL what is no one's: a query or a fragment often holds a name, a search or a session.
func location(s, method string) (string, bool) {
	if !utf8.ValidString(s) {
		return "", false
	}
	if i := strings.IndexAny(s, "?#;"); i >= 0 {
		s = s[:i]
	}
	host, path := "", s
	if i := strings.Index(s, "://"); i >= 0 {
		rest := s[i+3:]
		if j := strings.LastIndexByte(rest[:end(rest)], '@'); j >= 0 { // user:password@
			s = s[:i+3] + rest[j+1:]
			rest = rest[j+1:]
		}
		host, path = rest[:end(rest)], rest[end(rest):]
	}
	switch method {
	case "host":
		return s[:len(s)-len(path)], host != ""
	case "root":
		path = strings.TrimPrefix(path, "/")
		return "/" + path[:end(path)], true
	}
	return s, s != ""
}

// end is the length of what stands before the first slash.
func end(s string) int {
	if i := strings.IndexByte(s, '/'); i >= 0 {
		return i
	}
	return len(s)
}
