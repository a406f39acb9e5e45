package policies

import (
	"strings"
	"testing"
)

func TestGeneraliseValue(t *testing.T) {
	f := func(tag Tag, method, value, want string) {
		t.Helper()
		got, ok := GeneraliseValue(tag, method, value)
		if got != want || ok != (want != "") {
			t.Errorf("%s by %q: %q becomes %q, %v, not %q", tag, method, value, got, ok, want)
		}
	}
	f(TagIP, "", "192.0.2.77", "192.0.2.0/24")
	f(TagIP, "network", "::ffff:192.0.2.77", "192.0.2.0/24")
	f(TagIP, "", "2001:db8:1:2::3", "2001:db8:1::/48")
	f(TagIP, "", "fe80::1%eth0", "fe80::/48")
	f(TagIP, "", "192.0.2.64/26", "192.0.2.0/24")
	f(TagIP, "", "10.0.0.0/8", "10.0.0.0/8")
	f(TagIP, "", "192.0.2", "")
	f(TagIP, "", "anna@example.org", "")
	f(TagIP, "nothing", "192.0.2.77", "")

	f(TagBirthDate, "", "1987-03-01", "1980-01-01")
	f(TagBirthDate, "", "1980-01-01", "1980-01-01")
	f(TagBirthDate, "", "0005-06-07", "0001-01-01") // there is no year 0
	f(TagBirthDate, "", "1.3.1987", "")
	f(TagBirthDate, "", "30-39", "")
	f(TagBirthDate, "birth_year", "1987-03-01", "1987-01-01")
	f(TagBirthDate, "birth_year", "2020-02-29", "2020-01-01")
	f(TagBirthDate, "birth_year", "soon", "")

	f(TagLocation, "", "80331", "80")
	f(TagLocation, "", "D-80331", "80")
	f(TagLocation, "", "AT-1010", "10")
	f(TagLocation, "", " sw1a 1aa", "SW")
	f(TagLocation, "", "8", "")
	f(TagLocation, "", "", "")

	f(TagURL, "", "/wines/riesling?name=anna#top", "/wines/riesling")
	f(TagURL, "", "https://user:secret@Shop.example/wines/riesling?name=anna", "/wines/riesling")
	f(TagURL, "", "https://shop.example", "/")
	f(TagURL, "", "/a;jsessionid=1", "/a")
	f(TagURL, "", "//evil.example//x", "/x")
	f(TagURL, "", "javascript:alert(1)", "")
	f(TagURL, "", "", "")
	f(TagURL, "host", "https://www.Search.example:443/find?q=illness", "www.search.example")
	f(TagURL, "host", "www.search.example", "www.search.example")
	f(TagURL, "host", "/wines?x=1", "/wines")
	f(TagURL, "host", "https://anna@search.example/", "search.example")
	f(TagURL, "host", "not a host", "")

	f(TagPlain, "", "anything", "")
	f(tagCount, "", "anything", "")
}

func TestMethods(t *testing.T) {
	for tag := range tagCount {
		if (len(Methods(tag)) == 0) != (tag == TagPlain) {
			t.Errorf("%s has the methods %v", tag, Methods(tag))
		}
	}
	if Methods(tagCount) != nil {
		t.Error("an unknown tag has methods")
	}
}

// A generalised value generalises to itself, and says nothing that the value did not.
func FuzzGeneraliseValue(f *testing.F) {
	for _, seed := range []string{
		"192.0.2.77", "2001:db8::1", "::ffff:1.2.3.4", "::ffff:1.2.3.4/120", "1987-03-01", "0000-01-01", "80331", "D-80331", "ǆ-1",
		"/a?b", "https://x.example/a;b?c#d", "//a//b", "http:////x", "a://b@c/d", "www.example.org:80", "/\\evil", "ß1",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		for tag := range tagCount {
			for _, method := range Methods(tag) {
				once, ok := GeneraliseValue(tag, method, value)
				if !ok {
					if once != "" {
						t.Fatalf("%s by %s: %q is refused and becomes %q", tag, method, value, once)
					}
					continue
				}
				twice, ok := GeneraliseValue(tag, method, once)
				if !ok || twice != once {
					t.Fatalf("%s by %s: %q becomes %q, then %q, %v", tag, method, value, once, twice, ok)
				}
				if tag == TagURL && strings.ContainsAny(once, "?#;") {
					t.Fatalf("%s by %s: %q still holds a query in %q", tag, method, value, once)
				}
			}
		}
	})
}
