package edge_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// bad is one malformed body. Where place is not "-", it is the pointer of the first finding; says is a part of its detail.
type bad struct {
	name, body, place, says string
}

// members are what a decide body has beside the mistake: enough that a partial write would leave something behind.
var members = []struct{ name, text string }{
	{"consent", `"consent":{"profiling":"granted"}`},
	{"traits", `"traits":{"company":"canary company"}`},
	{"events", `"events":[{"id":"canary-1","type":"view","properties":{"path":"/canary"}}]`},
}

// with is a decide body with the member, which stands last and replaces the good one of its name.
func with(name, value string) string {
	var list []string
	for _, m := range members {
		if m.name != name {
			list = append(list, m.text)
		}
	}
	return "{" + strings.Join(append(list, `"`+name+`":`+value), ",") + "}"
}

// text is a JSON string of n bytes with the canary at its beginning.
func text(n int) string { return `"canary` + strings.Repeat("x", n-6) + `"` }

// name is the same for a member: a pointer to the place has to repeat a name, so it holds no canary.
func name(n int) string { return `"` + strings.Repeat("n", n) + `"` }

// repeated is n copies with commas between; %d in a copy is its number.
func repeated(n int, one string) string {
	list := make([]string, n)
	for i := range list {
		list[i] = strings.ReplaceAll(one, "%d", fmt.Sprint(i))
	}
	return strings.Join(list, ",")
}

// wrongTypes gives a body for each kind of JSON value that is not one of those that a place takes.
func wrongTypes(what, path, takes, place, says string, make func(value string) string) (list []bad) {
	for kind, value := range map[string]string{
		"object": `{"canary":"canary"}`, "array": `["canary"]`, "string": `"canary"`,
		"number": "7", "boolean": "true", "null": "null",
	} {
		if !strings.Contains(takes, kind) {
			list = append(list, bad{what + " " + path + " is " + kind, make(value), place, says})
		}
	}
	return list
}

// malformedSyntax are bodies that are no JSON, or no JSON that anyone may send. They are malformed for every call.
func malformedSyntax() []bad {
	list := []bad{
		{"empty", "", "", "ends before"},
		{"blank", " \n\t ", "", "ends before"},
		{"byte order mark", "\xef\xbb\xbf{}", "", "not valid JSON, at byte 0"},
		{"utf-16", "{\x00}\x00", "", "not valid JSON"},
		{"not JSON", "canary", "", "not valid JSON"},
		{"a form", "company=canary&profiling=granted", "", "not valid JSON"},
		{"XML", "<canary/>", "", "not valid JSON"},
		{"single quotes", `{'canary':1}`, "", "not valid JSON"},
		{"a comment", `{/*canary*/}`, "", "not valid JSON"},
		{"a trailing comma", `{"consent":{"profiling":"granted"},}`, "-", "not valid JSON"},
		{"two commas", `{"consent":{"profiling":"granted"},,"traits":{}}`, "-", "not valid JSON"},
		{"no colon", `{"consent" {"profiling":"granted"}}`, "-", "not valid JSON"},
		{"a name that is no string", `{1:"canary"}`, "", "not a string"},
		{"trailing data", with("slots", "[]") + ` "canary"`, "", "Something follows"},
		{"two bodies", with("slots", "[]") + with("slots", "[]"), "", "Something follows"},
		{"a trailing brace", with("slots", "[]") + "}", "", "not valid JSON"},
		{"zero bytes behind", with("slots", "[]") + "\x00", "", "not valid JSON"},
		{"upper case literal", `{"restricted":TRUE}`, "-", "not valid JSON"},
		{"a control character", "{\"language\":\"can\x01ary\"}", "/language", "not valid JSON"},
		{"a bad escape", `{"language":"\canary"}`, "/language", "not valid JSON"},
		{"half an escape", `{"language":"\u12"}`, "/language", "not valid JSON"},
		{"a high surrogate alone", `{"language":"\ud800canary"}`, "/language", "not valid JSON"},
		{"a low surrogate alone", `{"language":"\udc00"}`, "/language", "not valid JSON"},
		{"surrogates in the wrong order", `{"language":"\udc00\ud800"}`, "/language", "not valid JSON"},
		{"invalid UTF-8", "{\"language\":\"can\xffary\"}", "/language", "not valid JSON"},
		{"overlong UTF-8", "{\"language\":\"\xc0\xaf\"}", "/language", "not valid JSON"},
		{"a surrogate in UTF-8", "{\"language\":\"\xed\xa0\x80\"}", "/language", "not valid JSON"},
		{"invalid UTF-8 in a name", "{\"can\xffary\":1}", "-", "not valid JSON"},
		{"a name twice", `{"language":"en","language":"de"}`, "/language", "twice"},
		{"a name twice, once escaped", `{"language":"en","langu\u0061ge":"de"}`, "/language", "twice"},
	}
	for _, n := range []string{"NaN", "Infinity", "-Infinity", "+1", ".5", "5.", "1e", "--1", "- 1", "٣"} {
		list = append(list, bad{"the number " + n, `{"restricted":` + n + `}`, "-", "not valid JSON"})
	}
	for _, n := range []string{"01", "0x1f", "1_000"} { // a number and more
		list = append(list, bad{"the number " + n, `{"restricted":` + n + `}`, "/restricted", "-"})
	}
	for _, v := range []string{"null", "true", "7", `"canary"`, "[]", `[{"consent":{"profiling":"granted"}}]`} {
		list = append(list, bad{"the body is " + v, v, "", "object is needed"})
	}
	whole := with("want", `["scores"]`)
	for cut := 1; cut < len(whole); cut += 6 {
		list = append(list, bad{fmt.Sprintf("cut at %d", cut), whole[:cut], "-", "not valid JSON"})
	}
	return list
}

// malformedDecide are bodies that only POST /v1/decide reads.
func malformedDecide() []bad {
	event := func(member string) string {
		return with("events", `[{"id":"canary-1","type":"view"},{"id":"canary-2","type":"view",`+member+`}]`)
	}
	list := []bad{
		{"unknown member", `{"consent":{"profiling":"granted"},"event":[]}`, "/event", `Did you mean "events"?`},
		{"unknown member trait", `{"trait":{"company":"canary"}}`, "/trait", `"traits"`},
		{"unknown member in capitals", `{"Events":[]}`, "/Events", "not known"},
		{"unknown member of an event", event(`"propertys":{"path":"/canary"}`), "/events/1/propertys", `"properties"`},
		{"unknown member of an answer", with("consent", `{"profiling":{"statuz":"granted"}}`), "/consent/profiling/statuz", `"status"`},
		{"a member like a prototype", `{"__proto__":{"canary":1}}`, "/__proto__", "not known"},
		{"an empty name", `{"":"canary"}`, "/", "not known"},
		{"a long name", `{` + name(65) + `:1}`, "-", "longer than 64"},
		{"a very long name", `{` + name(100_000) + `:1}`, "", "longer than 64"},
		{"a very long name twice", `{"traits":{` + name(50_000) + `:1,` + name(50_000) + `:2}}`, "/traits", "longer than 64"},
		{"a name with a slash", `{"a/b~c":1}`, "/a~1b~0c", "not known"},
		{"33 members", "{" + repeated(33, `"m%d":1`) + "}", "-", "not known"},

		{"events is null, not absent", with("events", "null"), "/events", "array is needed"},
		{"101 events", with("events", "["+repeated(101, `{"id":"canary-%d","type":"view"}`)+"]"), "/events", "more than 100"},
		{"an event without id", with("events", `[{"type":"view"}]`), "/events/0", "needs an id"},
		{"an event without type", with("events", `[{"id":"canary"}]`), "/events/0", "needs a type"},
		{"an empty event", with("events", `[{}]`), "/events/0", "needs a type"},
		{"an empty id", with("events", `[{"type":"view","id":""}]`), "/events/0/id", "empty"},
		{"an empty type", with("events", `[{"type":"","id":"canary"}]`), "/events/0/type", "empty"},
		{"a long id", with("events", `[{"type":"view","id":`+text(129)+`}]`), "/events/0/id", "longer than 128"},
		{"a long type", with("events", `[{"id":"canary","type":`+text(65)+`}]`), "/events/0/type", "longer than 64"},
		{"an id twice in one event", with("events", `[{"id":"canary","id":"canary"}]`), "/events/0/id", "twice"},
		{"9 members of an event", with("events", `[{"id":"a","type":"view","time":"2026-01-31T12:00:00Z","count":1,"properties":{},"extra":1}]`), "/events/0/extra", "not known"},
		{"count 0", event(`"count":0`), "/events/1/count", "above 0"},
		{"count below 0", event(`"count":-1`), "/events/1/count", "above 0"},
		{"count above the bound", event(`"count":1000001`), "/events/1/count", "at most"},
		{"count beyond a float", event(`"count":1e999`), "/events/1/count", "-"},
		{"65 properties", event(`"properties":{` + repeated(65, `"p%d":"canary"`) + `}`), "/events/1/properties", "more than 64"},
		{"a long property", event(`"properties":{"path":` + text(4097) + `}`), "/events/1/properties/path", "longer than 4096"},
		{"a property of no name", event(`"properties":{"":"canary"}`), "/events/1/properties/", "empty"},
		{"a property twice", event(`"properties":{"path":"/canary","path":"/canary"}`), "/events/1/properties/path", "twice"},
		{"a property beyond a float", event(`"properties":{"path":1e400}`), "/events/1/properties/path", "64-bit float"},
		{"a property of ten thousand digits", event(`"properties":{"path":` + strings.Repeat("9", 10_000) + `}`), "/events/1/properties/path", "64-bit float"},

		{"129 traits", with("traits", "{"+repeated(129, `"t%d":"canary"`)+"}"), "/traits", "more than 128"},
		{"a long trait", with("traits", `{"company":`+text(4097)+`}`), "/traits/company", "longer than 4096"},
		{"a trait beyond a float", with("traits", `{"size":-1e309}`), "/traits/size", "64-bit float"},
		{"a trait twice", with("traits", `{"company":"canary","company":"canary"}`), "/traits/company", "twice"},
		{"a deep trait", with("traits", `{"company":`+strings.Repeat("[", 5000)+strings.Repeat("]", 5000)+`}`), "-", "not an object or an array"},
		{"a very deep trait", with("traits", `{"company":`+strings.Repeat(`{"canary":`, 20_000)), "-", "not an object or an array"},
		{"deep at the top", strings.Repeat("[", 100_000), "", "object is needed"},
		{"deep in an unknown member", `{"nests":` + strings.Repeat("[", 100_000) + "}", "-", "not known"},

		{"33 slots", with("slots", "["+repeated(33, `"hero"`)+"]"), "/slots", "more than 32"},
		{"a slot that is not there", with("slots", `["hero","canary"]`), "/slots/1", "no such slot"},
		{"a slot of no name", with("slots", `[""]`), "/slots/0", "empty"},
		{"a long slot", with("slots", "["+text(65)+"]"), "/slots/0", "longer than 64"},
		{"a form that is not there", with("form", `"canary"`), "/form", "no such form"},
		{"9 wants", with("want", "["+repeated(9, `"scores"`)+"]"), "/want", "more than 8"},
		{"an unknown want", with("want", `["score"]`), "/want/0", `Did you mean "scores"?`},
		{"a long language", with("language", text(17)), "/language", "longer than 16"},
		{"an empty language", with("language", `""`), "/language", "empty"},
		{"129 declined", with("declined", "["+repeated(129, `"company"`)+"]"), "/declined", "more than 128"},
		{"33 objections", with("objections", "["+repeated(33, `"profiling"`)+"]"), "/objections", "more than 32"},
		{"an unknown objection", with("objections", `["canary"]`), "/objections", "no such purpose"},
		{"an objection that is neither", with("objections", `{"profiling":"canary"}`), "/objections/profiling", "true or false"},
	}
	for _, at := range []string{
		"canary", "2026-01-31", "31.01.2026", "2026-01-31T12:00:00", "2026-02-30T12:00:00Z", "2026-01-31T25:00:00Z",
		"1969-12-31T23:59:59Z", "0000-00-00T00:00:00Z", "+12026-01-31T12:00:00Z", "2026-01-31 12:00:00Z", "1706702400", "2026-01-31T12:00:00+99:00", "",
	} {
		list = append(list, bad{"the time " + at, event(`"time":"` + at + `"`), "/events/1/time", "RFC 3339"})
	}
	list = append(list, bad{"a long time", event(`"time":` + text(41)), "/events/1/time", "longer than 40"})
	member := func(name string) func(string) string { return func(v string) string { return with(name, v) } }
	for _, m := range []struct{ name, takes, says string }{
		{"events", "array", "array is needed"},
		{"traits", "object", "object is needed"},
		{"slots", "array", "array is needed"},
		{"form", "string", "string is needed"},
		{"want", "array", "array is needed"},
		{"declined", "array", "array is needed"},
		{"language", "string", "string is needed"},
		{"objections", "array or object", "array is needed"},
		{"restricted", "boolean", "true or false"},
		{"profile", "string", "string is needed"},
		{"consent", "object", "object is needed"},
	} {
		list = append(list, wrongTypes("decide", m.name, m.takes, "/"+m.name, m.says, member(m.name))...)
	}
	for _, m := range []struct{ name, takes, says string }{
		{"id", "string", "string is needed"},
		{"type", "string", "string is needed"},
		{"time", "string", "string is needed"},
		{"count", "number", "number is needed"},
		{"properties", "object", "object is needed"},
	} {
		list = append(list, wrongTypes("event", m.name, m.takes, "/events/0/"+m.name, m.says, func(v string) string {
			return with("events", `[{"`+m.name+`":`+v+`}]`)
		})...)
	}
	list = append(list, wrongTypes("events", "element", "object", "/events/1", "object is needed", func(v string) string {
		return with("events", `[{"id":"canary-1","type":"view"},`+v+`]`)
	})...)
	list = append(list, wrongTypes("slots", "element", "string", "/slots/1", "string is needed", func(v string) string {
		return with("slots", `["hero",`+v+`]`)
	})...)
	list = append(list, wrongTypes("want", "element", "string", "/want/0", "string is needed", func(v string) string {
		return with("want", `[`+v+`]`)
	})...)
	list = append(list, wrongTypes("traits", "value", "string number boolean null", "-", "not an object or an array", func(v string) string {
		return with("traits", `{"company":`+v+`}`)
	})...)
	return append(list, wrongTypes("property", "value", "string number boolean null", "-", "not an object or an array", func(v string) string {
		return event(`"properties":{"path":` + v + `}`)
	})...)
}

// malformedAnswers are answers to purposes; answer puts them where a call takes them, under the pointer prefix.
func malformedAnswers(prefix string, answer func(answers string) string) (list []bad) {
	one := func(name, text, place, says string) {
		if place != "-" {
			place = prefix + place
		}
		list = append(list, bad{name, answer(text), place, says})
	}
	for _, status := range []string{"canary", "Granted", "given", "yes", "expired", " granted"} {
		one("the status "+status, `"profiling":"`+status+`"`, "-", "granted, refused and withdrawn")
	}
	one("an empty status", `"profiling":""`, "/profiling", "empty")
	one("a long status", `"profiling":`+text(65), "/profiling", "longer than 64")
	one("no status", `"profiling":{}`, "/profiling", "needs a status")
	one("no status but a proof", `"profiling":{"proof":"single"}`, "/profiling", "needs a status")
	one("an unknown purpose", `"profiling":"granted","sales":"granted"`, "-", "no such purpose")
	one("a purpose of contract", `"profiling":"granted","necessary":"granted"`, "-", "contract")
	one("a purpose twice", `"profiling":"granted","profiling":"refused"`, "/profiling", "twice")
	one("a long purpose", name(65)+`:"granted"`, "-", "longer than 64")
	one("explicit refusal", `"profiling":{"status":"refused","explicit":true}`, "/profiling/explicit", "granted explicitly")
	one("unknown proof", `"profiling":{"status":"granted","proof":"canary"}`, "/profiling/proof", "single or double")
	one("double proof of a browser", `"profiling":{"status":"granted","proof":"double"}`, "/profiling/proof", "server key")
	one("unknown method", `"profiling":{"status":"granted","method":"canary"}`, "/profiling/method", "one of banner")
	one("import of a browser", `"profiling":{"status":"granted","method":"import"}`, "/profiling/method", "server key")
	one("a language that is not the tenant's", `"profiling":{"status":"granted","language":"xx"}`, "/profiling/language", "language")
	one("a text that was not shown", `"profiling":{"status":"granted","text_version":"canary"}`, "/profiling/text_version", "another one now")
	one("a long text version", `"profiling":{"status":"granted","text_version":`+text(129)+`}`, "/profiling/text_version", "longer than 128")
	one("the past of a browser", `"profiling":{"status":"granted","at":"2020-01-01T00:00:00Z"}`, "/profiling/at", "server key")
	one("a time that is none", `"profiling":{"status":"granted","at":"canary"}`, "/profiling/at", "RFC 3339")
	one("a member twice", `"profiling":{"status":"granted","status":"granted"}`, "/profiling/status", "twice")
	one("a deep answer", `"profiling":{"status":{"status":{"status":"granted"}}}`, "/profiling/status", "string is needed")
	for kind, value := range map[string]string{"array": `["granted"]`, "number": "1", "boolean": "true", "null": "null"} {
		one("an answer is "+kind, `"profiling":`+value, "/profiling", "string is needed")
	}
	for _, m := range []struct{ name, takes, says string }{
		{"status", "string", "string is needed"},
		{"explicit", "boolean", "true or false"},
		{"proof", "string", "string is needed"},
		{"method", "string", "string is needed"},
		{"at", "string", "string is needed"},
		{"language", "string", "string is needed"},
		{"text_version", "string", "string is needed"},
	} {
		list = append(list, wrongTypes("answer", m.name, m.takes, prefix+"/profiling/"+m.name, m.says, func(v string) string {
			return answer(`"profiling":{"` + m.name + `":` + v + `}`)
		})...)
	}
	return list
}

// malformedConsent are bodies that only POST /v1/consent reads.
func malformedConsent() []bad {
	list := malformedAnswers("", func(a string) string { return "{" + a + "}" })
	for _, b := range malformedSyntax() {
		// There a decide's members would be purposes.
		if strings.Contains(b.body, "\"cons") || strings.HasPrefix(b.name, "cut") {
			b.place, b.says = "-", "-"
		}
		list = append(list, b)
	}
	return append(list,
		bad{"nothing is said", `{}`, "", "at least one purpose"},
		bad{"only a language", `{"language":"en"}`, "", "at least one purpose"},
		bad{"too many purposes", "{" + repeated(60, `"p%d":"granted"`) + "}", "", "more than 40"},
		bad{"an event", `{"profiling":"granted","events":[]}`, "/events", "string is needed"},
		bad{"an unknown objection", `{"profiling":"granted","objections":["canary"]}`, "/objections", "no such purpose"},
		bad{"objections are no array", `{"profiling":"granted","objections":"canary"}`, "/objections", "array is needed"},
		bad{"restricted is no boolean", `{"profiling":"granted","restricted":"canary"}`, "/restricted", "true or false"},
	)
}

// TestMalformedBodies: each is a problem that says what is wrong and where, and leaves nothing behind, neither of a new
// visitor nor of one whose profile is there.
func TestMalformedBodies(t *testing.T) {
	b := start(t, nil)
	b.apply("fresh", small("fresh"))
	b.apply("known", small("known"))
	token := b.visitor(t, writeKey+"known")
	before := b.stored(t, writeKey+"known", token)

	total := 0
	f := func(path string, list []bad) {
		for _, c := range list {
			total++
			for _, known := range []bool{false, true} {
				key, headers := writeKey+"fresh", []string(nil)
				if known {
					key, headers = writeKey+"known", []string{"X-Lotse-Visitor", token}
				}
				res, body := b.call("POST", b.public+path, key, []byte(c.body), headers...)
				p := problemIn(t, res, body)
				if len(p.Errors) != 1 || c.place != "-" && p.Errors[0].Pointer != c.place || c.says != "-" && !strings.Contains(p.Errors[0].Detail, c.says) {
					t.Errorf("%s: %s: want %q at %q, got %.300s", path, c.name, c.says, c.place, body)
				}
				if len(body) > 1024 {
					t.Errorf("%s: %s: an answer of %d bytes", path, c.name, len(body))
				}
				if res.Header.Get("Set-Cookie") != "" {
					t.Errorf("%s: %s: a cookie came with the problem", path, c.name)
				}
				if t.Failed() && total%50 == 0 {
					t.Fatal("enough")
				}
			}
			if after := b.stored(t, writeKey+"known", token); after != before {
				t.Fatalf("%s: %s: the visitor's profile changed:\n%s\n%s", path, c.name, before, after)
			}
		}
	}
	f("/v1/decide", malformedSyntax())
	f("/v1/decide", malformedDecide())
	f("/v1/decide", malformedAnswers("/consent", func(a string) string { return with("consent", "{"+a+"}") }))
	f("/v1/consent", malformedConsent())

	if n := b.profiles(t, "fresh"); n != 0 {
		t.Errorf("the malformed bodies left %d profiles", n)
	}
	if n := b.profiles(t, "known"); n != 1 {
		t.Errorf("%d profiles of the known visitor's tenant", n)
	}
	if total < 300 {
		t.Errorf("only %d bodies were sent", total)
	}
	if strings.Contains(b.log.String(), "canary") {
		t.Error("the log holds what was sent")
	}
	// The table must not be trivially right: its base is a good body.
	b.decide(t, writeKey+"fresh", "", with("want", `["scores"]`))
	if n := b.profiles(t, "fresh"); n != 1 {
		t.Errorf("the good body left %d profiles", n)
	}
}

// TestTokens: a token that this server did not sign for this tenant is refused, wherever it comes from.
func TestTokens(t *testing.T) {
	b := start(t, nil)
	b.apply("mine", small("mine"))
	b.apply("theirs", small("theirs"))
	good := b.visitor(t, writeKey+"mine")
	foreign := b.visitor(t, writeKey+"theirs")
	before := b.stored(t, writeKey+"mine", good)

	tokens := map[string]string{
		"of another tenant": foreign, "no base64": "canary canary!", "padded": good + "=", "longer": good + "A", "doubled": good + good,
		"of zeros": strings.Repeat("A", len(good)), "quoted": `"` + good + `"`, "very long": strings.Repeat("canary", 1000),
		"in another case": strings.ToUpper(good), "of words": "canary", "spaced": good[:10] + " " + good[11:],
		"standard base64": strings.Repeat("+/", len(good)/2),
	}
	for i := range good {
		other := "A"
		if good[i] == 'A' {
			other = "B"
		}
		tokens[fmt.Sprintf("with byte %d changed", i)] = good[:i] + other + good[i+1:]
		if i > 0 {
			tokens[fmt.Sprintf("cut at %d", i)] = good[:i]
		}
	}
	const body = `{"consent":{"profiling":"granted"},"events":[{"id":"canary-9","type":"view"}]}`
	for name, token := range tokens {
		for _, call := range []struct{ method, path, body string }{
			{"POST", "/v1/decide", body},
			{"POST", "/v1/consent", `{"profiling":"withdrawn"}`},
			{"GET", "/v1/consent", ""},
			{"GET", "/v1/profile", ""},
		} {
			res, answer := b.call(call.method, b.public+call.path, writeKey+"mine", []byte(call.body), "X-Lotse-Visitor", token)
			if p := problemIn(t, res, answer); p.Status != 400 || !strings.Contains(p.Detail, "not a visitor token") {
				t.Errorf("a token %s: %s", name, answer)
			}
			if name == "quoted" {
				continue // the quotes are the cookie's, and the token in them is good
			}
			res, answer = b.call(call.method, b.public+call.path, writeKey+"mine", []byte(call.body), "Cookie", "lotse_mine="+token)
			if p := problemIn(t, res, answer); p.Status != 400 {
				t.Errorf("a cookie %s: %s", name, answer)
			}
			if !strings.Contains(res.Header.Get("Set-Cookie"), "expires=") {
				t.Errorf("a cookie %s is not taken back", name)
			}
		}
		if strings.HasPrefix(name, "cut") && len(token) > 2 && len(token) < len(good)-2 {
			continue // one of them is enough to compare the profile
		}
		if after := b.stored(t, writeKey+"mine", good); after != before {
			t.Fatalf("a token %s changed a profile", name)
		}
	}
	if n := b.profiles(t, "mine"); n != 1 {
		t.Errorf("%d profiles", n)
	}
	var stored struct{ Events []struct{ Count float64 } }
	if err := json.Unmarshal([]byte(before), &stored); err != nil || len(stored.Events) != 1 {
		t.Fatalf("the visitor's profile is not what the test takes it for: %s", before)
	}
}
