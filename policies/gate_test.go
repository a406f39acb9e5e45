package policies

import (
	"context"
	"errors"
	"maps"
	"strings"
	"testing"
)

// testBase is the base policy with a file changed: the first old text in it becomes the new one. Without an old text, the new one
// is the file.
func testBase(t *testing.T, file, old, text string) Source {
	t.Helper()
	s, err := Base()
	if err != nil {
		t.Fatal(err)
	}
	s.Files = maps.Clone(s.Files)
	if old != "" {
		if !strings.Contains(s.Files[file], old) {
			t.Fatalf("%s has no %q", file, old)
		}
		text = strings.Replace(s.Files[file], old, text, 1)
	}
	s.Files[file] = text
	return s
}

// rulesFile makes a module of a package of the base policy that holds one more rule, with what every rule needs.
func rulesFile(pkg, rule string) string {
	return "package privacy." + pkg + "\n\nimport rego.v2\n\n" + annotation + rule + "\n"
}

const annotation = `# METADATA
# title: A rule that a test plants
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_5
# custom:
#   id: planted.rule
#   title_de: Eine Regel, die ein Test einpflanzt
#   article: "5(1)(a)"
`

// Each planted fault is found, where it stands, and said in words. The faults are of the form of a policy: what a decision does
// wrong is for the proof.
func TestGate(t *testing.T) {
	const (
		basis    = "privacy/basis/basis.rego"
		minimise = "privacy/minimise/minimise.rego"
		extra    = "privacy/rights/extra.rego"
		given    = `input.status == "given"`
	)
	// The fault is where the text at stands; for a text of an annotation, at the annotation's beginning; for none, the file.
	f := func(name string, s Source, file, at, want string) {
		t.Helper()
		before, _, found := strings.Cut(s.Files[file], at)
		if !found {
			t.Fatalf("%s: %s has no %q", name, file, at)
		}
		if strings.HasPrefix(at, "#") {
			before = before[:strings.LastIndex(before, "# METADATA")]
		}
		line := strings.Count(before, "\n") + 1
		if at == "" {
			line = 0
		}
		_, err := check(context.Background(), s)
		var list SourceErrors
		if !errors.As(err, &list) {
			t.Errorf("%s: %v, not faults of the source", name, err)
			return
		}
		for _, e := range list {
			if e.File == file && e.Line == line && strings.Contains(e.Message, want) {
				return
			}
		}
		t.Errorf("%s: %v\n\tnot %s:%d with %q", name, err, file, line, want)
	}
	change := func(file, old, text string) Source { t.Helper(); return testBase(t, file, old, text) }
	body := func(condition string) Source {
		t.Helper()
		return change(extra, "", rulesFile("rights", "refusals contains \"planted.rule\" if {\n\t"+condition+"\n}"))
	}

	b := func(name, condition, want string) {
		t.Helper()
		first, _, _ := strings.Cut(condition, "\n")
		f(name, body(condition), extra, first, want)
	}

	// Values and parts of a situation that do not exist.
	f("a misspelt value", change(basis, given, `input.status == "givn"`), basis, `"givn"`, `input.status is never "givn": it is one of none, given`)
	b("turned around", `"givn" == input.status`, `never "givn"`)
	b("not equal", `input.status != "givn"`, `never "givn"`)
	b("a key in brackets", `input["status"] == "givn"`, `never "givn"`)
	b("in a set", `input.age in {"minor", "adlut"}`, `input.age is never "adlut"`)
	b("in a list", `input.age in ["minor", "adlut"]`, `never "adlut"`)
	b("in a union of sets", `input.age in ({"minor"} | {"adlut"})`, `never "adlut"`)
	b("in a comprehension", `input.age in {band | some band in {"minor", "adlut"}}`, `never "adlut"`)
	f("through a variable", body("age := input.age\n\tage == \"adlut\""), extra, `age == `, `never "adlut"`)
	b("against a variable", "some band in {\"minor\", \"adlut\"}\n\tinput.age == band", `never "adlut"`)
	b("for every", "every band in {\"minor\", \"adlut\"} {\n\t\tinput.age != band\n\t}", `never "adlut"`)
	b("sets compared", `{input.age} & {"adlut"} != set()`, `never "adlut"`)
	b("a value in the part", `"adlut" in {input.age}`, `never "adlut"`)
	b("a table", `{"adlut": true}[input.age]`, `never "adlut"`)
	b("a lookup", `object.get({"adlut": true}, input.age, false)`, `never "adlut"`)
	f("a constant of the package", change(extra, "", rulesFile("rights", "refusals contains \"planted.rule\" if input.age in bands")+
		"\n"+strings.ReplaceAll(annotation, "planted", "second")+"bands := {\"adlut\"}\n"), extra, "bands := ", `never "adlut"`)
	b("a word for a boolean", `input.gpc == "yes"`, `input.gpc is true or false, never "yes"`)
	b("a boolean for a word", `input.age == true`, "neither true nor false")
	b("a number for a word", `input.age == 18`, "input.age is never 18")
	b("an unknown part", `input.agee == "adult"`, "input.agee does not exist: a situation has age, asked")
	b("a part of a part", `input.age.years == 3`, "input.age has no parts")
	f("a category", change(minimise, `"firmographic",`, `"firmografic",`), minimise, `"firmografic"`, `"firmografic" is no name of the catalogue`)
	f("a category as a key", change(minimise, `dropped["contact"]`, `dropped["contacts"]`), minimise, `"contacts"`, `"contacts" is no name`)
	f("a category in a ref", change(minimise, `if not kept.special`, `if not kept.spezial`), minimise, `spezial`, `"spezial" is no name`)
	f("a tag", change(minimise, `exact["location"]`, `exact["place"]`), minimise, `"place"`, `"place" is no name of the catalogue of data: it is one of plain, ip`)
	f("a category of retention", change("privacy/retention/retention.rego", `"behavioural": 395`, `"behaviour": 395`), "privacy/retention/retention.rego", `"behaviour"`, `"behaviour" is no name`)

	const law = "privacy/invariants/invariants.rego"
	f("a value in a law", change(law, `input.situation.age == "minor"`, `input.situation.age == "minr"`), law, `"minr"`, `input.age is never "minr"`)
	f("a part in a law", change(law, `input.situation.objected`, `input.situation.objectd`), law, `objectd`, "input.objectd does not exist")
	f("a level in a law", change(law, `input.row.profiling == "decide"`, `input.row.profiling == "decided"`), law, `"decided"`, `profiling is never "decided": it is one of none, score, decide`)
	f("a verdict in a law", change(law, `rule.verdict != "dropped"`, `rule.verdict != "drop"`), law, `"drop"`, `verdict is never "drop": it is one of dropped, generalised, kept`)
	f("a table in a law", change(law, `"generalised": 1`, `"generalized": 1`), law, `"generalized"`, `verdict is never "generalized"`)

	// What makes a decision depend on more than it says.
	b("the whole situation", "s := input\n\ts.gpc", "reads the whole situation")
	b("the situation as an argument", `object.get(input, "gpc", false)`, "reads the whole situation")
	b("a computed part", `input[input.age]`, "a part of the situation that it computes")
	b("another situation", `input.gpc with input.gpc as true`, "`with` is for tests only")
	b("the clock", `time.now_ns() > 0`, "its answer depends on the clock")
	b("the network", `http.send({"method": "get", "url": "https://x.example"}).status_code == 200`, "http.send may not be called")
	b("a call in a call", `count(uuid.rfc4122("x")) > 1`, "uuid.rfc4122 may not be called")
	b("a builtin that one engine lacks", `sprintf("%v", [1]) == "1"`, "sprintf may not be called: it is not among the few functions that both engines have")
	b("print", `print("here")`, "print is for trying out")
	b("data of others", `data.users.vip`, "data.users.vip is outside of the policy")
	b("all data", `data[_][_]`, "reads more than it names")
	b("all packages", `count(data.privacy) > 0`, "reads more than it names")
	b("rules of a tenant", `data.privacy.tenant.forbid`, "is of a tenant")

	// Rules that are not what they look like.
	f("a default that permits", change("privacy/device/device.rego", `default answer := {"permit": false`, `default answer := {"permit": true`), "privacy/device/device.rego", `default answer`, "permits something (permit true)")
	f("a default of true", change(extra, "", rulesFile("rights", "default open := true")), extra, `default open`, "the default of open permits something (true)")
	f("no default", change("privacy/transfer/transfer.rego", `default answer := {"permit": false, "reasons": {"transfer.answer"}}`, ""), "privacy/transfer/transfer.rego", `answer := {"permit": true`, `answer says what is permitted ("permit") and has no default`)
	f("else", change(extra, "", rulesFile("rights", "open := 1 if {\n\tinput.gpc\n} else := 2")), extra, `} else`, "`else` is refused")
	f("a negated function", change(extra, "", rulesFile("rights", "refusals contains \"planted.rule\" if not grown(input.age)")+
		"\n"+strings.ReplaceAll(annotation, "planted", "second")+"grown(age) if age == \"adult\"\n"), extra, "refusals contains", "`not grown(...)` also holds for everything that grown has no answer to")
	f("a test among the rules", change(extra, "", rulesFile("rights", "test_open if input.gpc")), extra, `test_open if`, "is among the rules")
	f("a check among the rules", change(extra, "", rulesFile("rights", "violation contains \"x\" if input.gpc")), extra, `violation contains`, "privacy.invariants only")
	f("a rule that nobody asks", change(extra, "", rulesFile("rights", "refusal contains \"planted.rule\" if input.gpc")), extra, `refusal contains`, "no decision depends on the rule refusal")
	f("a rule and data", change("privacy/age/data.json", `"countries": {`, `"shielded": {}, "countries": {`), "privacy/age/age.rego", `shielded if input.marketing`, "have the same name")

	// Where things are.
	f("another package", change(basis, "package privacy.basis", "package privacy.base"), basis, `package `, "the package is privacy.base, but the file is in the folder of package privacy.basis")
	f("a tenant's package", change("privacy/tenant/x.rego", "", rulesFile("tenant", "forbid contains 1 if input.gpc")), "privacy/tenant/x.rego", `package `, "is for the rules of tenants")
	f("no package of its own", change("privacy/x.rego", "", "package privacy\n\nimport rego.v2\n\n"+annotation+"x if input.gpc\n"), "privacy/x.rego", `package `, "every package is below privacy")
	f("an import from outside", change(basis, "import rego.v2", "import rego.v2\n\nimport data.users"), basis, `import data.users`, "the import of data.users is refused")
	f("an import of input", change(basis, "import rego.v2", "import rego.v2\n\nimport input.status"), basis, `import input`, "the import of input.status is refused")
	f("an import that leads nowhere", change(basis, "import rego.v2", "import rego.v2\n\nimport data.privacy.nothing.such"), basis, `import data.privacy.nothing`, "leads nowhere")
	f("an import of tests", change(basis, "import rego.v2", "import rego.v2\n\nimport data.privacy.age_test"), basis, `import data.privacy.age_test`, "does not rest on tests")
	f("Rego as it was", change(basis, "import rego.v2\n", ""), basis, `package `, "add `import rego.v2`")
	f("a file that is none", change("privacy/basis/notes.txt", "", "x"), "privacy/basis/notes.txt", "", "is not part of a policy")
	f("data that cannot be read", change("privacy/age/data.json", `"countries": {`, `"countries": `), "privacy/age/data.json", "", "cannot be read: no JSON object")
	f("data twice", change("privacy/age/data.json", `"AT": {`, `"BE": {`), "privacy/age/data.json", "", `the key "BE" is there twice`)
	f("data in two files", change("data.json", "", `{"privacy": {"age": {"countries": {"AT": 3}}}}`), "privacy/age/data.json", "", "sets privacy.age.countries.AT, which another data.json sets, too")
	f("data elsewhere", change("data.json", "", `{"users": {}}`), "data.json", "", "holds data outside of privacy")

	// What a person reads.
	f("layout", change(basis, given, `input.status  ==  "given"`), basis, `input.status  ==`, "is laid out in another way from this line on: run `lotse policy fmt`")
	f("line ends", change(basis, "\n", "\r\n"), basis, "", "end as in Windows")
	f("a text that is no Rego", change(basis, given, `input.status == `), basis, "}\n\n# METADATA\n# title: You agreed to this purpose expl", "a bracket, a comma or a value is missing")
	f("an empty file", change(extra, "", ""), extra, "", "the file is empty")
	b("a name that nothing uses", "x := input.age\n\tinput.gpc", "given a value that nothing uses")
	b("a name that nobody knows", "refuzals", "nothing of that name is known here")
	f("a rule that asks itself", change(extra, "", rulesFile("rights", "refusals contains \"planted.rule\" if count(refusals) > 0")), extra, `refusals contains`, "the rule asks itself")
	f("no annotation", change(extra, "", "package privacy.rights\n\nimport rego.v2\n\nrefusals contains \"x\" if input.gpc\n"), extra, `refusals`, "has no # METADATA")
	f("an annotation that is no YAML", change(basis, "# title: You agreed to this purpose\n", "# title: You agreed: to this purpose\n"), basis, `: to this purpose`, "METADATA block is YAML")
	f("an id that is taken", change(basis, "id: consent.explicit", "id: consent.given"), basis, `#   title_de: Sie haben in diesen Zweck ausdr`, "the id consent.given is taken")
	f("an id of no form", change(basis, "id: consent.explicit", "id: Explicit"), basis, `#   id: Explicit`, "needs a custom.id of lower case words")
	f("two annotations of a document", change("privacy/age/age.rego", "shielded if input.asked", "# METADATA\n# scope: document\n# title: x\nshielded if input.asked"), "privacy/age/age.rego", "# title: x", "METADATA")
	f("no article", change(basis, "#   article: \"7(3)\"\n", ""), basis, `#   id: consent.withdrawn`, "needs custom.article")
	f("an article of no form", change(basis, `article: "7(3)"`, `article: Art. 7 Abs. 3`), basis, `#   id: consent.withdrawn`, `the article "Art. 7 Abs. 3" of refusals (consent.withdrawn) is of no known form`)
	f("no German", change(basis, "#   title_de: Sie haben abgelehnt\n", ""), basis, `#   id: consent.refused`, "needs custom.title_de")
	f("no title", change(basis, "# title: You said no\n", ""), basis, `#   id: consent.refused`, "needs a title")
	f("German in English", change(basis, "title_de: Sie haben abgelehnt", "title_de: You said no"), basis, `#   id: consent.refused`, "the same in English and in German")
	f("a title of code", change(basis, "# title: You said no\n", "# title: status is input.refused\n"), basis, `#   id: consent.refused`, "is not in plain words")
	f("a title twice", change(basis, "# title: You said no\n", "# title: You took your consent back\n"), basis, `#   id: consent.withdrawn`, "the title of refusals (consent.withdrawn) is also that of refusals (consent.refused)")
	f("no link", change(basis, "# related_resources:\n#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_7\n", ""), basis, `#   id: consent.withdrawn`, "has no link to the law")
	f("a link of no kind", change(basis, "https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_7", "file:///law"), basis, `#   id: consent.withdrawn`, "is no https address")

	// Tests.
	without := change(extra, "", rulesFile("rights", "refusals contains \"planted.rule\" if input.gpc"))
	delete(without.Files, "privacy/rights/rights_test.rego")
	delete(without.Files, extra)
	f("a package without tests", without, "privacy/rights/rights.rego", `package `, "no test shows what package privacy.rights does")
	const tests = "privacy/basis/basis_test.rego"
	f("a test that is put off", change(tests, "test_no_means_no", "todo_test_no_means_no"), tests, `todo_test`, "is put off")
	f("a test that is none", change(tests, "test_no_means_no", "tst_no_means_no"), tests, `tst_no`, "tst_no_means_no is no test")
	f("a test that fails", change(tests, `basis.refusals == {"consent.refused"}`, `basis.refusals == {"consent.none"}`), tests, `test_no_means_no`, "the test test_no_means_no of package privacy.basis fails")
	f("a rule that a test knows better", change(basis, `input.status == "refused"`, `input.status == "expired"`), tests, `test_no_means_no`, "Either the rules or the test are wrong")
	f("a test of the clock", change(tests, "basis.refusals == {\"consent.refused\"}", "time.now_ns() > 0"), tests, `test_no_means_no`, "its answer depends on the clock")
}

// All faults are told at once, by file and line.
func TestGateTellsAll(t *testing.T) {
	s := testBase(t, "privacy/basis/basis.rego", `input.status == "given"`, `input.status == "givn"`)
	s.Files["privacy/basis/basis.rego"] = strings.Replace(s.Files["privacy/basis/basis.rego"], `"withdrawn"`, `"withdrwan"`, 1)
	s.Files["privacy/age/age.rego"] = strings.Replace(s.Files["privacy/age/age.rego"], "input.marketing\n", "input.marketng\n", 1)
	_, err := check(context.Background(), s)
	if err == nil || !strings.HasPrefix(err.Error(), "privacy/age/age.rego:") || strings.Count(err.Error(), "\n") != 2 {
		t.Errorf("the faults are\n%v", err)
	}
}

// What comes out of Format passes the gate, and Format changes nothing that is laid out already.
func TestFormat(t *testing.T) {
	s := testBase(t, "privacy/basis/basis.rego", `input.status == "given"`, "input.status   ==\"given\"")
	s.Files["privacy/age/age.rego"] = strings.ReplaceAll(s.Files["privacy/age/age.rego"], "\n", "\r\n")
	formatted, err := Format(s)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := check(context.Background(), formatted); err != nil {
		t.Error(err)
	}
	base, err := Base()
	if err != nil {
		t.Fatal(err)
	}
	if formatted.Digest() != base.Digest() || s.Digest() == base.Digest() {
		t.Error("the laid out policy is another one")
	}
	s.Files["privacy/age/age.rego"] = "package"
	var list SourceErrors
	if _, err := Format(s); !errors.As(err, &list) || list[0].File != "privacy/age/age.rego" {
		t.Errorf("a text that is no Rego: %v", err)
	}
}

// What is sound passes, however it is written. The rules hold nowhere, so that they change no decision.
func TestGateTakes(t *testing.T) {
	for _, condition := range []string{
		`input.age in ({"minor"} | {"adult"})`,
		`"minor" == input.age`,
		`input.age in {band | some band in ["minor", "adult"]}`,
		"some band in {\"minor\", \"adult\"}\n\tinput.age == band",
		"age := input.age\n\tage != \"adult\"",
		`{"adult": true}[input.age]`,
		`some x in {"contact", input.age}; x == "contact"`,
		`input.requested == true`,
		`not input.gpc`,
		`not grown(input.age)`,
		`count(data.privacy.age.countries) > 3`,
	} {
		condition = strings.ReplaceAll(condition, "; ", "\n\t")
		s := testBase(t, "privacy/rights/extra.rego", "", rulesFile("rights", "refusals contains \"planted.rule\" if {\n\t"+condition+"\n\tfalse\n}"))
		if strings.Contains(condition, "grown") {
			s.Files["privacy/rights/extra.rego"] += "\n" + strings.NewReplacer("planted", "second", "# title: A rule", "# scope: document\n# title: A function",
				"Eine Regel", "Eine Funktion").Replace(annotation) + "default grown(_) := false\n\ngrown(age) if age == \"adult\"\n"
		}
		if _, err := check(context.Background(), s); err != nil {
			t.Errorf("%s: %v", condition, err)
		}
	}
}
