package policies

import (
	"net/netip"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// The methods by which a value of a tag is made coarser. The first of a tag is its own; a catalogue may name another.
var methods = [tagCount][]string{
	TagIP:        {"network"},
	TagBirthDate: {"age_band", "birth_year"},
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
//	ip          network     the /24 network of an IPv4 address, the /48 network of an IPv6 address: "192.0.2.0/24"
//	birth_date  age_band    the ten years that the age at now lies in: "30-39"
//	            birth_year  "1987"
//	location    region      the first two letters or digits of a postcode, without a country's prefix such as D-: "80"
//	url         path        the path alone, without host, query, fragment and path parameters: "/wines/riesling"
//	            host        of a foreign address (it names its host) the host alone, "www.example.org"; of an own one,
//	                        which begins with a slash, the path
//
// It answers false when the value is not of the tag's form, and the value is then not to be kept at all. A generalised
// value generalises to itself, at any time.
func GeneraliseValue(tag Tag, method, value string, now time.Time) (string, bool) {
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
	case tag == TagBirthDate && method == "age_band":
		return ageBand(value, now)
	case tag == TagBirthDate && method == "birth_year":
		return birthYear(value)
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

func ageBand(value string, now time.Time) (string, bool) {
	if from, ok := isBand(value); ok {
		return band(from), true
	}
	born, err := time.Parse(time.DateOnly, value)
	if err != nil {
		return "", false
	}
	years, ok := YearsOld(born, now)
	if !ok {
		return "", false
	}
	return band(years / 10 * 10), true
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

func band(from int) string { return strconv.Itoa(from) + "-" + strconv.Itoa(from+9) }

// isBand tells whether a value is a band already, written as band writes it.
func isBand(value string) (from int, ok bool) {
	head, _, found := strings.Cut(value, "-")
	from, err := strconv.Atoi(head)
	if !found || err != nil || from < 0 || from > maxAge || from%10 != 0 {
		return 0, false
	}
	return from, band(from) == value
}

func birthYear(value string) (string, bool) {
	if year, err := time.Parse("2006", value); err == nil {
		return year.Format("2006"), true
	}
	born, err := time.Parse(time.DateOnly, value)
	if err != nil {
		return "", false
	}
	return born.Format("2006"), true
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
