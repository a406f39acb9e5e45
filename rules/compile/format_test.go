package compile_test

import (
	"os"
	"strings"
	"testing"

	"github.com/lotse-edge/lotse/rules/compile"
)

// formats is the catalogue that FORMAT.md speaks of.
var formats = compile.Catalogue{
	Languages: []string{"en"},
	Purposes:  []string{"profiling"}, Lifetimes: map[string]int{"profiling": 400},
	Fields: []compile.Field{
		{Name: "customer_type"},
		{Name: "country"},
		{Name: "industry"},
		{Name: "price_range"},
		{Name: "postal-code"},
		{Name: "category"},
		{Name: "path"},
		{Name: "order_value", Type: compile.Number},
		{Name: "budget", Type: compile.Number},
		{Name: "born", Type: compile.Date},
	},
	Events: []compile.Event{
		{Name: "page_view", Properties: []string{"path", "category"}},
		{Name: "order_placed", Properties: []string{"order_value"}},
		{Name: "webinar_registered"},
		{Name: "login"},
	},
}

// The file in FORMAT.md is one, and nothing in it is unlikely.
func TestTheFileOfTheFormat(t *testing.T) {
	text, err := os.ReadFile("FORMAT.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(text), "```yaml\n")
	file, _, _ := strings.Cut(after, "```")
	result, err := compile.Compile([]byte(file), "interest", formats)
	if err != nil || len(result.Warnings) > 0 || len(result.Manifest.Emits.Scores) != 1 {
		t.Errorf("%v %+v", err, result)
	}
}

// What FORMAT.md says can be written can be compiled, and what it says cannot is refused.
func TestTheSubsetOfTheFormat(t *testing.T) {
	for when, compiles := range map[string]bool{
		`profile.country == "DE"`: true, "profile.`postal-code` == \"54470\"": true, `has(profile.country)`: true,
		`now > timestamp("2026-01-31T00:00:00Z")`: true, `count("page_view") > 0 && count("page_view", "90d") > 0`: true,
		`sum("order_placed", "order_value", "365d") > 1.0`: true, `decayed("page_view", "14d") > 0.5`: true,
		`days_since_last("login") < 1.5 || days_since_first("login") > 2.5`:                                        true,
		`count("page_view", event.path.startsWith("/shop") && event.category in ["a", "b"]) > 0`:                   true,
		`sum("order_placed", "order_value") > 0.0 ? profile.budget > 5 : !(profile.budget * 2.0 - 1.0 >= 3.5)`:     true,
		`count("login") * 7 / 2 % 3 + 1 - -2 == 4 && profile.budget < count("login")`:                              true,
		`profile.country.endsWith("E") || profile.country.contains("D") || size(profile.country) == 2`:             true,
		`int(profile.budget) == 5 && int(now) > 0 && double(count("login")) == 1.0`:                                true,
		`now - profile.born > duration("157680h") && profile.born.getFullYear() < 2000`:                            true,
		`now.getMonth() + now.getDate() + now.getDayOfMonth() + now.getDayOfWeek() + now.getDayOfYear() > 0`:       true,
		`now.getHours() + now.getMinutes() + now.getSeconds() + now.getMilliseconds() > 0`:                         true,
		`["/wine", "/tasting"].exists(p, profile.country.startsWith(p)) && [1.0, 2.0].all(n, profile.budget != n)`: true,

		`1u < 2u`: false, `b"a" == b"a"`: false, `[1, 2] == [1, 2]`: false, `{"a": 1}.a == 1`: false, `profile == profile`: false,
		`profile.country.matches("D.")`: false, `["DE"].exists_one(x, x == profile.country)`: false, `["DE"].map(x, x) == []`: false, `["DE"].filter(x, true) == []`: false,
		`[profile.country].exists(x, x == "DE")`: false, `["DE", 1].exists(x, x == profile.country)`: false, `{"DE": 1}.exists(x, x == profile.country)`: false,
		`["/shop"].exists(p, count("page_view", event.path.startsWith(p)) > 0)`: false, `dyn(1) == 1`: false, `type(1) == int`: false,
		`profile.country + "x" == "DEx"`: false, `string(1) == "1"`: false, `int("1") == 1`: false, `now.getHours("Europe/Berlin") > 1`: false,
		`now > timestamp("2026-01-31T00:00:00.0001Z")`: false, `profile.country.lowerAscii() == "de"`: false,
		`profile.budget == 5`: false, `profile.budget + 1 > 5.0`: false, `count("login", "1y") > 0`: false, `count("login", "3654d") > 0`: false,
		`count(profile.country) > 0`: false, `count("page_view", event.path != "/") > 0`: false, `profile.country.contains(profile.industry)`: false,
	} {
		_, err := compile.Compile([]byte(head+"segments:\n  - segment: x\n    when: |\n      "+when+"\n"), "test", formats)
		if (err == nil) != compiles {
			t.Errorf("%s: %v", when, err)
		}
	}
}
