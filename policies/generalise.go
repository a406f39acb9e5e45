package policies

import (
	"net/netip"
	"strings"
	"time"
	"unicode"
)

// The methods by which a value of a tag is made coarser. The first of a tag is its own; a catalogue may name another.
var methods = [tagCount][]string{
	TagIP:        {"network"},
	TagBirthDate: {"birth_decade", "birth_year"},
	TagLocation:  {"region"},
	TagURL:       {"path", "host"},
}

// Methods lists the methods of a tag, its own first. A plain value has none.
func Methods(tag Tag) []string {
	if tag >= tagCount {
		return nil
	}
	return methods[tag]
}

// GeneraliseValue makes a value coarser, by the tag's own method where method is empty:
//
//	ip          network       the /24 network of an IPv4 address, the /48 network of an IPv6 address: "192.0.2.0/24"
//	birth_date  birth_decade  the first day of the decade: "1980-01-01"
//	            birth_year    the first day of the year: "1987-01-01"
//	location    region        the first two letters or digits of a postcode, without a country's prefix such as D-: "80"
//	url         path          the path alone, without host, query, fragment and path parameters: "/wines/riesling"
//	            host          of a foreign address (it names its host) the host alone, "www.example.org"; of an own one,
//	                          which begins with a slash, the path
//
// It answers false when the value is not of the tag's form, and the value is then not to be kept at all. A generalised
// value generalises to itself, at any time.
func GeneraliseValue(tag Tag, method, value string) (string, bool) {
	known := Methods(tag)
	if len(known) == 0 {
		return "", false
	}
	if method == "" {
		method = known[0]
	}
	switch {
	case tag == TagIP && method == "network":
		return network(value)
	case tag == TagBirthDate && method == "birth_decade":
		return birthCohort(value, 10)
	case tag == TagBirthDate && method == "birth_year":
		return birthCohort(value, 1)
	case tag == TagLocation && method == "region":
		return region(value)
	case tag == TagURL && method == "path":
		return urlPath(value)
	case tag == TagURL && method == "host":
		return urlHost(value)
	}
	return "", false
}

func network(value string) (string, bool) {
	prefix, err := netip.ParsePrefix(value)
	if err != nil {
		addr, err := netip.ParseAddr(value)
		if err != nil {
			return "", false
		}
		addr = addr.Unmap().WithZone("")
		prefix = netip.PrefixFrom(addr, addr.BitLen())
	}
	if prefix.Addr().Is4In6() {
		return "", false // a network of mapped addresses: no client sends one
	}
	bits := 48
	if prefix.Addr().Is4() {
		bits = 24
	}
	return netip.PrefixFrom(prefix.Addr(), min(prefix.Bits(), bits)).Masked().String(), true
}

// YearsOld is the age in full years of somebody born on a day, at a moment. It is false for ages that no one has.
func YearsOld(born, now time.Time) (int, bool) {
	years := now.Year() - born.Year()
	if now.Month() < born.Month() || now.Month() == born.Month() && now.Day() < born.Day() {
		years--
	}
	return years, years >= 0 && years <= maxAge
}

const maxAge = 130

// birthCohort gives the first day of the years that a birth date lies in: an age band that does not go stale on a birthday,
// and that is a date still. There is no year 0, so the first decade begins with the year 1.
func birthCohort(value string, years int) (string, bool) {
	born, err := time.Parse(time.DateOnly, value)
	if err != nil {
		return "", false
	}
	return time.Date(max(1, born.Year()-born.Year()%years), 1, 1, 0, 0, 0, 0, time.UTC).Format(time.DateOnly), true
}

func region(value string) (string, bool) {
	value = strings.TrimSpace(value)
	// A country's prefix, as in D-80331 or AT-1010, is not part of the postcode.
	if head, tail, ok := strings.Cut(value, "-"); ok && len(head) <= 2 && strings.Trim(tail, "0123456789 ") == "" && tail != "" {
		value = tail
	}
	var out []rune
	for _, r := range value {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			continue
		}
		if out = append(out, unicode.ToUpper(r)); len(out) == 2 {
			return string(out), true
		}
	}
	return "", false // one sign or none is no postcode
}

// split takes an address apart into its host, empty for an own address, and its path. Everything after the path, which is
// where secrets and names travel, is cut off first.
func split(value string) (host, path string) {
	if i := strings.IndexAny(value, "?#;\\"); i >= 0 {
		value = value[:i]
	}
	if scheme, rest, ok := strings.Cut(value, "://"); ok && !strings.Contains(scheme, "/") {
		value = "//" + rest
	}
	if strings.HasPrefix(value, "//") {
		host, path, _ = strings.Cut(strings.TrimLeft(value, "/"), "/")
		if i := strings.LastIndexByte(host, '@'); i >= 0 {
			host = host[i+1:]
		}
		return strings.ToLower(host), "/" + strings.TrimLeft(path, "/")
	}
	return "", value
}

func urlPath(value string) (string, bool) {
	host, path := split(value)
	if host == "" && !strings.HasPrefix(path, "/") {
		return "", false
	}
	return path, true
}

func urlHost(value string) (string, bool) {
	host, path := split(value)
	if host == "" {
		if strings.HasPrefix(path, "/") {
			return path, true
		}
		host = strings.ToLower(path) // already a host
	}
	if name, port, ok := strings.Cut(host, ":"); ok && strings.Trim(port, "0123456789") == "" {
		host = name
	}
	for _, r := range host {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(".-_", r) {
			return "", false
		}
	}
	return host, host != ""
}
