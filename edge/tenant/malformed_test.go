package tenant_test

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"strings"
	"testing"

	"github.com/lotse-edge/lotse/edge/tenant"
	"github.com/lotse-edge/lotse/sdk/abi"
)

// good is a small folder that uses every key of the format.
func good(t testing.TB) map[string][]byte {
	t.Helper()
	files, skipped, err := tenant.ReadFS(os.DirFS("testdata/good"))
	if err != nil || len(skipped) > 0 {
		t.Fatal(skipped, err)
	}
	files["rules/points.wasm"] = module(t, pointsManifest())
	files["rules/groups.wasm"] = module(t, groupsManifest())
	files["policies/own.rego"] = []byte("package privacy.tenant.own\n")
	return files
}

func pointsManifest() abi.Manifest {
	return abi.Manifest{
		Name:  "points",
		Reads: []abi.Feature{{Name: "views", Type: abi.Number, Aggregate: abi.Count, Event: "page_view", Where: []abi.Condition{{Property: "path", Prefix: "/wines"}}}},
		Emits: abi.Emits{Scores: []abi.Score{{Name: "interest", Reasons: []string{"page"}}, {Name: "fit", Reasons: []string{"region"}}}},
	}
}

func groupsManifest() abi.Manifest {
	return abi.Manifest{
		Name:  "groups",
		Reads: []abi.Feature{{Name: "kind", Type: abi.String}, {Name: "age", Type: abi.Number, Field: "budget"}},
		Emits: abi.Emits{Segments: []string{"regular"}, Traits: []abi.Trait{{Name: "persona", Values: []string{"host", "guest"}}}},
	}
}

// malformed are mutations of the good folder: in file, old becomes new. The problem is expected on the line where the text
// at stands (without it, where new begins), and says message. Each mutation is one mistake and gives one problem: what
// follows from a mistake is not reported.
var malformed = []struct {
	file, old, new string
	at             string
	message        string
}{
	// YAML itself
	{"tenant.yaml", "name: Corner Shop", "name: [Corner", "", "not valid YAML"},
	{"catalogue.yaml", "    ttl: 90d", "   ttl: 90d", "", "not valid YAML"},
	{"forms.yaml", "at_once: 2", "at_once: 2: 3", "", "not valid YAML"},
	{"forms.yaml", "'Who are you?'", "'Who are you?", "", "not valid YAML"},
	{"content.yaml", "        stages: [lead", "\t\tstages: [lead", "", "not valid YAML"},
	{"tenant.yaml", "name: Corner Shop", "name: &a Corner", "", "anchors"},
	{"tenant.yaml", "name: Corner Shop", "name: !!str Corner", "", "tags"},
	{"tenant.yaml", "name: Corner Shop", "name: !secret Corner", "", "tags"},
	{"tenant.yaml", "    scope: write", "    scope: write\n---\nid: other", "---", "several documents"},
	{"tenant.yaml", "name: Corner Shop", "name: \xff", "", "not valid UTF-8"},
	{"tenant.yaml", "name: Corner Shop", "name: [[[[[[[[[[[[[[1]]]]]]]]]]]]]]", "", "levels deep"},
	{"catalogue.yaml", "    basis: contract", "    <<: {basis: contract}", "", "merge keys"},
	{"stages.yaml", "forward_only: true", "forward_only: true\n7: x", "7: x", "a key must be a text"},
	{"stages.yaml", "forward_only: true", "forward_only: true\n? [a]\n: x", "? [a]", "a key must be a text"},
	{"content.yaml", "slots:", "slots: {}\nslots:", "\nslots:", "stands twice"},

	// tenant.yaml
	{"tenant.yaml", "id: shop", "id: Corner Shop", "", "is not a name; write corner_shop"},
	{"tenant.yaml", "id: shop", "id: 7up", "", "is not a name"},
	{"tenant.yaml", "id: shop", "id: 7", "", "a number was found where a text belongs"},
	{"tenant.yaml", "id: shop\n", "", "name: Corner", "the key id is missing"},
	{"tenant.yaml", "id: shop", "ID: shop\nid: shop", "ID", "not known here; did you mean id?"},
	{"tenant.yaml", "id: shop", "id: [shop]", "", "a list was found; write a text"},
	{"tenant.yaml", "name: Corner Shop", "name:", "", "nothing was found"},
	{"tenant.yaml", "name: Corner Shop", "name: ' '", "", "blank"},
	{"tenant.yaml", "name: Corner Shop", `name: "a\0b"`, "", "control character"},
	{"tenant.yaml", "name: Corner Shop", "name: 2020-01-01", "", "a date was found where a text belongs"},
	{"tenant.yaml", "languages: [en, de]", "languages: [en, de, en]", "", "stands here twice"},
	{"tenant.yaml", "languages: [en, de]", "languages: [en, de, deutsch]", "", "is not a language"},
	{"tenant.yaml", "languages: [en, de]", "languages: []", "", "there is no language"},
	{"tenant.yaml", "languages: [en, de]", "languages: en", "", "a text was found; write a list"},
	{"tenant.yaml", "country: DE\n", "", "id: shop", "the key country is missing"},
	{"tenant.yaml", "country: DE", "country: Germany", "", "is not a country"},
	{"tenant.yaml", "regime: de", "regime: ed", "", "did you mean de?"},
	{"tenant.yaml", "Europe/Berlin", "Europe/Bremen", "", "is not a time zone"},
	{"tenant.yaml", "Europe/Berlin", "Local", "", "is not a time zone"},
	{"tenant.yaml", "Europe/Berlin", "../../etc/passwd", "", "is not a time zone"},
	{"tenant.yaml", "https://shop.example", "https://shop.example/", "", "not an origin"},
	{"tenant.yaml", "https://shop.example", "shop.example", "", "not an origin"},
	{"tenant.yaml", "https://shop.example", "https://*.example", "", "not an origin"},
	{"tenant.yaml", "https://shop.example", "https://Shop.example", "", "not an origin"},
	{"tenant.yaml", "https://shop.example", "https://user@shop.example", "", "not an origin"},
	{"tenant.yaml", "https://shop.example", "https://shop.example\n  -  https://shop.example", "-  http", "stands here twice"},
	{"tenant.yaml", "ack: received", "ack: recieved", "", "did you mean received?"},
	{"tenant.yaml", "outcome: bought", "outcome: email", "", "is not a boolean"},
	{"tenant.yaml", "outcome: bought", "outcome: brought", "", "did you mean bought?"},
	{"tenant.yaml", "age_field: born", "age_field: kind", "", "is not a date"},
	{"tenant.yaml", "country_field: land", "country_field: budget", "", "is not a string"},
	{"tenant.yaml", "  authority:", "  autority:", "", "did you mean authority?"},
	{"tenant.yaml", "address: 1 Long Lane, 20095 Hamburg", "address: 20095", "", "a number was found where a text belongs"},
	{"tenant.yaml", "contact: privacy@shop.example", "contact: [privacy@shop.example]", "", "a list was found; write a text"},
	{"tenant.yaml", "name: Corner Shop Ltd", "name: " + strings.Repeat("x", 501), "name: xxx", "at most 500 are allowed"},
	{"tenant.yaml", "hash: aaaa", "hash: my-secret-key", "", "this is not a hash"},
	{"tenant.yaml", "    scope: write", "    scope: read", "", "is not one of write, server"},
	{"tenant.yaml", "    scope: write", "    scop: write\n    scope: write", "scop: ", "did you mean scope?"},
	{"tenant.yaml", "    scope: write", "", "- name", "the key scope is missing"},
	{"keys.yaml", strings.Repeat("b", 64), strings.Repeat("a", 64), "hash", "another entry has the same hash"},
	{"keys.yaml", "name: crm", "name: website", "", "another key has the name"},
	{"keys.yaml", "keys:", "key:", "", "did you mean keys?"},
	{"keys.yaml", "keys:", "", "- name", "a list was found"},

	// purposes
	{"catalogue.yaml", "purposes:\n  necessary", "purpose:\n  necessary", "purpose:", "did you mean purposes?"},
	{"catalogue.yaml", "basis: contract", "basis: contarct", "", "did you mean contract?"},
	{"catalogue.yaml", "    basis: contract\n", "", "necessary:", "the key basis is missing"},
	{"catalogue.yaml", "    ttl: 3y\n", "", "necessary:", "the key ttl is missing"},
	{"catalogue.yaml", "ttl: 3y", "ttl: 3 years", "", "not a length of time"},
	{"catalogue.yaml", "ttl: 3y", "ttl: 1095", "", "not a length of time"},
	{"catalogue.yaml", "ttl: 3y", "ttl: 0d", "", "not a length of time"},
	{"catalogue.yaml", "ttl: 3y", "ttl: 101y", "", "longer than a hundred years"},
	{"catalogue.yaml", "device: necessary", "device: consented", "", "needs the basis consent"},
	{"catalogue.yaml", "device: necessary", "device: cookies", "", "is not one of none, necessary, consented"},
	{"catalogue.yaml", "basis: contract", "basis: contract\n    valid: 1y", "valid", "only a consent has a validity"},
	{"catalogue.yaml", "basis: contract", "basis: contract\n    marketing: true", "basis", "direct marketing cannot rest on contract"},
	{"catalogue.yaml", "marketing: true", "marketing: true\n    profiling: decide", "profiling: d", "does not permit decisions"},
	{"catalogue.yaml", "marketing: true", "marketing: yes please", "", "a text was found; write true or false"},
	{"catalogue.yaml", "profiling: score", "profiling: none", "purpose@rules/groups.wasm", "does not ask for profiling"},
	{"catalogue.yaml", "https://w3id.org/dpv#Personalisation", "dpv:Personalisation", "", "not an IRI"},
	{"catalogue.yaml", "title: {en: Orders, de: Bestellung}", "title: {en: Orders}", "", "the language de is missing"},
	{"catalogue.yaml", "title: {en: Orders, de: Bestellung}", "title: {en: Orders, de: Bestellung, dk: Bestilling}", "", `"dk" is not a language of the tenant; did you mean de?`},
	{"catalogue.yaml", "title: {en: Orders, de: Bestellung}", "title: Orders", "", "write a text for each language"},
	{"catalogue.yaml", "title: {en: Orders, de: Bestellung}", "title: {en: Orders, de: }", "", "nothing was found"},
	{"catalogue.yaml", "  allergy:", "  Allergy:", "", "is not a name; write allergy"},
	{"catalogue.yaml", "purposes:\n  necessary:", "purposes:\n" + many("  p%d: {basis: consent, ttl: 1d, title: {en: a, de: a}, text: {en: a, de: a}}\n", 30) + "  necessary:", "purposes:", "there are 33 purposes"},

	{"catalogue.yaml", "recipients: {en: The hosting company, de: Der Hoster}", "recipients: {en: The hosting company}", "", "the language de is missing"},
	{"catalogue.yaml", "    dpv: https", "    interest: {en: a, de: b}\n    dpv: https", "interest:", "only a purpose of basis legitimate_interest"},

	// fields
	{"catalogue.yaml", "  ip: {type: string", "  ip: {type: text", "", "is not one of string, number, boolean, date"},
	{"catalogue.yaml", "  ip: {type: string", "  ip: {type: number", "", "the tag ip needs the type string"},
	{"catalogue.yaml", "  ip: {type: string, category: identifier", "  ip: {type: string, category: contact", "", "identifies a person"},
	{"catalogue.yaml", "  ip: {type: string, category: identifier, ", "  ip: {type: string, ", "", "the key category is missing"},
	{"catalogue.yaml", "category: contact, purposes: [necessary, mail]", "category: contacts, purposes: [necessary, mail]", "", "did you mean contact?"},
	{"catalogue.yaml", "[necessary, mail], max_length", "[necessary, mial], max_length", "", "did you mean mail?"},
	{"catalogue.yaml", "[necessary, mail], max_length", "[mail, mail], max_length", "", "stands in the list twice"},
	{"catalogue.yaml", "[necessary, mail], max_length", "necessary, max_length", "", "a text was found; write a list of purposes"},
	{"catalogue.yaml", "max_length: 254", "max_length: 0", "", "between 1 and 4096"},
	{"catalogue.yaml", "max_length: 254", "max_length: 2.5", "", "must be whole"},
	{"catalogue.yaml", "max_length: 254", "max_length: .inf", "", "write a number"},
	{"catalogue.yaml", "max_length: 254", "maxLength: 254", "", "did you mean max_length?"},
	{"catalogue.yaml", "  land: {type: string", "  land: {max_length: 3, max_length: 4, type: string", "", "stands twice"},
	{"catalogue.yaml", "  budget: {type: number", "  budget: {max_length: 9, type: number", "", "only a string has a length"},
	{"catalogue.yaml", "  budget: {type: number", "  budget: {values: [a], type: number", "", "only a string can have values"},
	{"catalogue.yaml", "generalise: birth_decade", "generalise: network", "", "is not one of birth_decade, birth_year"},
	{"catalogue.yaml", "  land: {type: string", "  land: {generalise: birth_year, type: string", "", "without a tag cannot be made coarser"},
	{"catalogue.yaml", "values: [private, trade]", "values: [private, trade, trade]", "", "stands in the list twice"},
	{"catalogue.yaml", "values: [private, trade]", "values: [private, trade, 7]", "", "a number was found where a text belongs"},
	{"catalogue.yaml", "category: special, purposes: [profiling]", "category: special, purposes: [profiling, mail]", "", "needs consent (Article 9(2)(a) GDPR), but mail rests on legitimate_interest"},
	{"catalogue.yaml", "purposes: [profiling], ttl: 90d", "purposes: [], ttl: 90d", "", "there is no purpose"},
	{"catalogue.yaml", "    label: {en: Kind, de: Art}\n", "", "  kind:", "the key label is missing"},
	{"catalogue.yaml", "  budget: {type: number, category: firmographic, purposes: [profiling], ttl: 90d, label: {en: Budget, de: Budget}}", "  budget: number", "", "a text was found; write a mapping with the keys type"},
	{"catalogue.yaml", "fields:\n", "fields:\n" + many("  f%d: {type: string, category: contact, purposes: [mail], label: {en: a, de: a}}\n", 1024), "fields:", "there are 1033 fields"},

	// events
	{"catalogue.yaml", "label: {en: Page viewed, de: Seite angesehen}", "label: {en: Page viewed}", "", "the language de is missing"},
	{"catalogue.yaml", "properties: [path]", "properties: [paht]", "", "did you mean path?"},
	{"catalogue.yaml", "properties: [path]", "properties: {path: string}", "", "a mapping was found; write a list of fields"},
	{"catalogue.yaml", "properties: [path]", "properties: [path]\n    colour: red", "colour", "not known here"},
	{"catalogue.yaml", "    purposes: [necessary, profiling]\n", "", "form_sent", "the key purposes is missing"},
	{"catalogue.yaml", "    properties: [path]\n", "", "reads[0].where[0].property@rules/points.wasm", "path"},
	{"catalogue.yaml", "opens: [necessary]", "opens: [nesessary]", "", "did you mean necessary?"},
	{"catalogue.yaml", "opens: [necessary]", "opens: [necessary, necessary]", "", "stands in the list twice"},
	{"catalogue.yaml", "opens: [necessary]", "opens: [necessary, profiling]", "", "profiling rests on consent: only a contract is asked for"},
	{"catalogue.yaml", "opens: [necessary]", "opens: necessary", "", "a text was found; write a list of purposes"},
	{"catalogue.yaml", "opens: [necessary]", "opens: []", "", "the event asks for nothing"},
	{"catalogue.yaml", "opens: [necessary]", "open: [necessary]", "", "did you mean opens?"},
	{"catalogue.yaml", "purposes: [necessary, profiling]\n    opens", "purposes: [profiling]\n    opens", "opens", "add it to the purposes of the event"},
	{"catalogue.yaml", "purposes: [necessary, profiling]\n    opens", "purposes: [nesessary, profiling]\n    opens", "", "did you mean necessary?"},
	{"catalogue.yaml", "    purposes: [profiling]\n    ttl: 90d", "    purposes: [profiling]\n    opens: [necessary]\n    ttl: 90d", "opens", "the event asks for necessary but is not bound to it"},

	// stages.yaml
	{"stages.yaml", "{name: high, from: 30}", "{name: high, from: 0}", "", "begins at or below the one before it"},
	{"stages.yaml", "{name: high, from: 30}", "{name: low, from: 30}", "", "another band of this score has the name"},
	{"stages.yaml", "{name: high, from: 30}", "{name: high, from: thirty}", "", "write a number"},
	{"stages.yaml", "{name: high, from: 30}", "{name: high}", "", "the key from is missing"},
	{"stages.yaml", "{name: high, from: 30}", "{name: high, from: 30, to: 40}", "", "a band holds from its from up to the next one"},
	{"stages.yaml", "  fit: [{name: any, from: -5}]\n", "", "emits.scores[1]@rules/points.wasm", "has no bands"},
	{"stages.yaml", "  fit: [{name: any, from: -5}]\n", "  fit: []\n", "", "the score has no band"},
	{"stages.yaml", "  fit: [", "  quality: [{name: a, from: 0}]\n  fit: [", "quality", "no module emits the score"},
	{"stages.yaml", "fit: {score: fit, from: 10}", "fit: {score: fitt, from: 10}", "", "did you mean fit?"},
	{"stages.yaml", "fit: {score: fit, from: 10}", "fit: {score: interest, from: 10}", "interest: {score", "the same score"},
	{"stages.yaml", "    low_low: cold\n", "", "names:", "the key low_low is missing"},
	{"stages.yaml", "low_low: cold", "low_low: keen", "low_high", "another quadrant has the name"},
	{"stages.yaml", "forward_only: true", "forward_only: 1", "", "a number was found; write true or false"},
	{"stages.yaml", "  - name: visit\n", "", "when:", "the first stage is everyone's"},
	{"stages.yaml", "  - name: visit\n", "  - name: visit\n  - name: visitor\n", "- name: visitor", "the stage has no conditions"},
	{"stages.yaml", "  - name: customer", "  - name: lead\n    when: [{field: budget}]\n  - name: customer", "- name: lead\n    when: [", "another stage has the name"},
	{"stages.yaml", "{score: interest, at_least: 11}", "{score: interest}", "", "the key at_least is missing"},
	{"stages.yaml", "{score: interest, at_least: 11}", "{score: interset, at_least: 11}", "", "did you mean interest?"},
	{"stages.yaml", "{score: interest, at_least: 11}", "{at_least: 11}", "", "just one of score, segment and field"},
	{"stages.yaml", "{segment: regular}", "{segment: regular, field: budget}", "", "just one of score, segment and field"},
	{"stages.yaml", "{segment: regular}", "{segment: regulars}", "", "did you mean regular?"},
	{"stages.yaml", "{segment: regular}", "{segment: regular, equals: x}", "", "equals belongs to a field"},
	{"stages.yaml", "{field: kind, equals: trade}", "{field: kind, equals: trades}", "", "did you mean trade?"},
	{"stages.yaml", "{field: bought, equals: true}", "{field: bought, equals: maybe}", "", "cannot hold this value"},
	{"stages.yaml", "{field: budget}", "{field: budgets}", "", "did you mean budget?"},
	{"stages.yaml", "{field: budget}", "{field: email}", "", "could never be reached"},

	// content.yaml
	{"content.yaml", "control: 10", "control: 51", "", "between 0 and 50"},
	{"content.yaml", "control: 10", "control: -1", "", "between 0 and 50"},
	{"content.yaml", "control: 10", "control: 10%", "", "write a number"},
	{"content.yaml", "fallback: welcome", "fallback: wellcome", "", "did you mean welcome?"},
	{"content.yaml", "    fallback: welcome\n", "", "hero:", "the key fallback is missing"},
	{"content.yaml", "stages: [lead, customer]", "stages: [leed, customer]", "", "did you mean lead?"},
	{"content.yaml", "stages: [lead, customer]", "stages: []", "", "the list is empty"},
	{"content.yaml", "segments: [regular]", "segments: [unheard-of]", "", "there is no segment"},
	{"content.yaml", "quadrants: [prime]", "quadrants: [primes]", "", "did you mean prime?"},
	{"content.yaml", "personas: [host]", "personas: [hosts]", "", "did you mean host?"},
	{"content.yaml", "personas: [host]", "persona: [host]", "", "did you mean personas?"},
	{"content.yaml", "- name: welcome", "- name: deal\n        stages: [lead]\n        body: {en: {title: a}, de: {title: a}}\n      - name: welcome", "", "another variant of this slot has the name"},
	{"content.yaml", "en: {title: Hello}", "en: {title: Hello, text: Come in}", "de: {title: Hallo", `the part "text" is missing in this language`},
	{"content.yaml", "          de: {title: Hallo}\n", "", "body:\n          en: {title: Hello}", "the language de is missing"},
	{"content.yaml", "link: /deal", "link: 'javascript:alert(1)'", "", "not a link that a page may follow"},
	{"content.yaml", "link: /deal", "link: //evil.example", "", "not a link that a page may follow"},
	{"content.yaml", "link: /deal", "link: http://shop.example", "", "not a link that a page may follow"},
	{"content.yaml", "en: {title: Hello}", "en: Hello", "", "write the parts"},

	// forms.yaml
	{"forms.yaml", "at_once: 2", "at_once: 11", "", "between 1 and 10"},
	{"forms.yaml", "event: form_sent", "event: form_send", "", "did you mean form_sent?"},
	{"forms.yaml", "purposes: [profiling, mail]", "purposes: [profiling]", "field: email", "is not bound to any purpose of the form"},
	{"forms.yaml", "purposes: [profiling, mail]", "purposes: []", "", "there is no purpose"},
	{"forms.yaml", "field: budget", "field: budgte", "", "did you mean budget?"},
	{"forms.yaml", "field: budget", "field: email", "", "asks for the field \"email\" twice"},
	{"forms.yaml", "input: email", "input: date", "", "does not suit the type string"},
	{"forms.yaml", "input: email", "input: e-mail", "", "did you mean email?"},
	{"forms.yaml", "required: true", "requird: true", "", "did you mean required?"},
	{"forms.yaml", "after: [kind, land]", "after: [budget]", "", "waits for itself"},
	{"forms.yaml", "required: true", "after: [kind]", "", `waits for "kind", which the form asks later`},
	{"forms.yaml", "{value: trade, label", "{value: traders, label", "", "did you mean trade?"},
	{"forms.yaml", "{value: trade, label", "{value: private, label", "", "the option stands here twice"},
	{"forms.yaml", "label: {en: A guest, de: Gast}", "label: {en: A guest}", "", "the language de is missing"},
	{"forms.yaml", "input: email", "input: select", "- field: email", "a select needs options"},
	{"forms.yaml", "    questions:", "    question:", "question:", "did you mean questions?"},
}

func many(format string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

func TestMalformed(t *testing.T) {
	if len(malformed) < 100 {
		t.Fatalf("only %d mutations", len(malformed))
	}
	folder := good(t)
	if _, warnings, err := tenant.Load(folder); err != nil || len(warnings) > 0 {
		t.Fatal(warnings, err)
	}
	for _, c := range malformed {
		t.Run(c.file+"/"+c.message, func(t *testing.T) {
			before := string(folder[c.file])
			at := strings.Index(before, c.old)
			if at < 0 {
				t.Fatalf("%s does not hold %q", c.file, c.old)
			}
			after := before[:at] + c.new + before[at+len(c.old):]
			file, path, line := c.file, "", 0
			if p, f, ok := strings.Cut(c.at, "@"); ok {
				file, path = f, p
			} else {
				if c.at != "" {
					if at = strings.Index(after, c.at); at < 0 {
						t.Fatalf("the mutation does not hold %q", c.at)
					}
				}
				for strings.HasPrefix(after[at:], "\n") {
					at++
				}
				line = 1 + strings.Count(after[:at], "\n")
			}
			mutated := maps.Clone(folder)
			mutated[c.file] = []byte(after)
			_, _, err := tenant.Load(mutated)
			var invalid *tenant.InvalidError
			if !errors.As(err, &invalid) {
				t.Fatalf("the error is %v", err)
			}
			for _, p := range invalid.Problems {
				if p.File == file && p.Line == line && strings.Contains(p.String(), c.message) && (path == "" || p.Path == path) {
					if len(invalid.Problems) > 1 && path == "" {
						t.Errorf("one mistake, but %v", err)
					}
					return
				}
			}
			t.Errorf("want %s:%d: %s: ... %q, got %v", file, line, path, c.message, err)
		})
	}
}
