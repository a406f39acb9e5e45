package policies

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
)

func TestDecide(t *testing.T) {
	e := testEngine(t)
	ctx := context.Background()
	s := Situation{Basis: BasisConsent, Asked: ProfilingScore, Status: StatusGiven, Proof: ProofSingle, Device: DeviceConsented}
	r, err := e.Decide(ctx, s)
	if err != nil {
		t.Fatal(err)
	}
	if !r.Permit || r.Profiling != ProfilingScore || !r.Device || !slices.Equal(r.Reasons, []string{"consent.given"}) {
		t.Errorf("a click in the banner gives %+v", *r)
	}
	if f := r.Field(Class{CategoryBehavioural, TagURL, true}); f.Verdict != Generalise || f.TTLDays != 395 || f.Reason != "minimise.url" {
		t.Errorf("a path is %+v", f)
	}
	if f := r.Field(Class{CategoryDemographic, TagLocation, true}); f.Verdict != Keep {
		t.Errorf("a place is %+v", f)
	}
	if f := r.Field(Class{CategoryIdentifier, TagIP, true}); f.Verdict != Generalise || f.Reason != "minimise.ip" {
		t.Errorf("an IP address is %+v", f)
	}
	again, err := e.Decide(ctx, s)
	if err != nil || again != r {
		t.Errorf("the second answer is another row: %v", err)
	}
	if _, err := e.Decide(ctx, Situation{Status: 77}); err == nil {
		t.Error("an impossible situation is decided")
	}
}

// An engine that cannot evaluate gives an error and no row, and remembers neither.
func TestDecideFailsClosed(t *testing.T) {
	e, err := New(context.Background(), Config{})
	if err != nil {
		t.Fatal(err)
	}
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	if r, err := e.Decide(gone, Situation{}); err == nil || r != nil || !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled evaluation gives %v, %v", r, err)
	}
	if r, err := e.Decide(context.Background(), Situation{}); err != nil || r.Permit {
		t.Errorf("after it: %v, %v", r, err)
	}
}

// All callers of one situation get one row, also when they come at the same time.
func TestDecideHammer(t *testing.T) {
	e, err := New(context.Background(), Config{})
	if err != nil {
		t.Fatal(err)
	}
	const callers, situations = 8, 200
	rows := make([][situations]*Row, callers)
	var wait sync.WaitGroup
	for c := range callers {
		wait.Go(func() {
			for i := range situations {
				s, _ := SituationOf(uint32(i * 4973 % SituationCount))
				r, err := e.Decide(context.Background(), s)
				if err != nil {
					t.Error(err)
					return
				}
				rows[c][i] = r
			}
		})
	}
	wait.Wait()
	for c := range callers {
		if rows[c] != rows[0] {
			t.Fatal("two callers hold different rows of one situation")
		}
	}
}

func TestAge(t *testing.T) {
	e := testEngine(t)
	f := func(country string, years int, guardian bool, want AgeBand) {
		t.Helper()
		if got := e.Age(country, years, guardian); got != want {
			t.Errorf("%d years in %q is %s, not %s", years, country, got, want)
		}
	}
	f("DE", 15, false, AgeMinor)
	f("DE", 15, true, AgeMinorGuardian)
	f("DE", 16, true, AgeAdult)
	f("AT", 13, false, AgeMinor)
	f("AT", 14, false, AgeAdult)
	f("GB", 13, false, AgeAdult)
	f("FR", 14, false, AgeMinor)
	f("US", 12, false, AgeMinor)
	f("XX", 15, false, AgeMinor)
	f("", 16, false, AgeAdult)
	f("DE", 0, false, AgeMinor)
	f("DE", 120, false, AgeAdult)
	f("DE", -1, true, AgeUnknown)
}

func TestDigest(t *testing.T) {
	a, b := testEngine(t).Digest(), digestOf("base", map[string]string{"x": "y"})
	if len(a) != 64 || len(b) != 64 || a == b {
		t.Errorf("digests %s and %s", a, b)
	}
	if digestOf("", map[string]string{"a": "bc"}) == digestOf("", map[string]string{"ab": "c"}) {
		t.Error("two sets of files share a digest")
	}
}

func TestReasons(t *testing.T) {
	e := testEngine(t)
	for _, r := range e.Reasons() {
		if !validID(r.ID) || r.Title["de"] == "" || r.Title["en"] == "" || r.Article == "" || !strings.HasPrefix(r.Link, "https://eur-lex.europa.eu/") {
			t.Errorf("%+v is no explanation", r)
		}
		if r.Title["de"] == r.Title["en"] {
			t.Errorf("%s has one text for two languages", r.ID)
		}
	}
	for _, id := range []string{
		"consent.none", "consent.given", "contract.needed", ReasonContractNotRequested, ReasonRestricted, "consent.withdrawn", "objection.marketing", "signal.gpc", "age.minor", "age.unknown",
		"special.needs_explicit", "minimise.ip", "purpose.not_bound", "field.unknown", "field.invalid", "event.unknown",
		"event.duplicate", "event.too_old", "event.in_future", "event.dropped", "consent.recorded", "storage.not_kept",
	} {
		if _, ok := e.Reason(id); !ok {
			t.Errorf("%s is not explained", id)
		}
	}
	if _, ok := e.Reason("nothing.such"); ok {
		t.Error("an unknown id is explained")
	}
}

// change gives the sources of the base policy with one text replaced by another.
func change(t *testing.T, file, old, by string) map[string]string {
	t.Helper()
	files, err := baseFiles()
	if err != nil {
		t.Fatal(err)
	}
	files = maps.Clone(files)
	if !strings.Contains(files[file], old) {
		t.Fatalf("%s does not hold %q", file, old)
	}
	files[file] = strings.Replace(files[file], old, by, 1)
	return files
}

// A policy with a fault does not load, and the error says where and what.
func TestLoadRefuses(t *testing.T) {
	const basis = "privacy/basis/basis.rego"
	f := func(name, file, old, by, want string) {
		t.Helper()
		_, err := newEngine(context.Background(), change(t, file, old, by))
		var list SourceErrors
		if !errors.As(err, &list) {
			t.Errorf("%s: %v", name, err)
			return
		}
		if list[0].File != file || list[0].Line == 0 || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, not %q", name, err, want)
		}
	}
	f("no rego.v2", basis, "import rego.v2", "", "import rego.v2")
	f("rego.v1", basis, "import rego.v2", "import rego.v1", "import rego.v2")
	f("the clock", basis, `input.basis == "contract"`+"\n", `time.now_ns() > 0`+"\n", "time.now_ns")
	f("the network", basis, `input.basis == "contract"`+"\n", `http.send({"method": "get", "url": "https://x.example"})`+"\n", "http.send")
	f("randomness", basis, `input.basis == "contract"`+"\n", `rand.intn("x", 2) == 1`+"\n", "rand.intn")
	f("the process", basis, `input.basis == "contract"`+"\n", `opa.runtime().env`+"\n", "opa.runtime")
	f("print", basis, `input.basis == "contract"`+"\n", `print(input)`+"\n", "print")
	f("trace", basis, `input.basis == "contract"`+"\n", `trace("x")`+"\n", "trace")
	f("a misspelt value", basis, `input.status == "given"`, `input.status == "givne"`, "never")
	f("a misspelt value in a set", basis, `{"given", "explicit"}`, `{"given", "explicti"}`, "never")
	f("a misspelt key", basis, `input.status == "given"`, `input.stauts == "given"`, "does not exist")
	f("a text for a boolean", basis, "\tinput.marketing\n", "\tinput.marketing == \"yes\"\n", "true or false")
	f("a boolean for a text", basis, `input.status == "given"`, `input.status == true`, "one of")
	f("a number", basis, `input.status == "given"`, `input.status == 1`, "never")
	f("a part of a text", basis, `input.status == "given"`, `input.status.x == "given"`, "no parts")
	f("an unused variable", basis, `input.status == "given"`, `x := input.status`, "unused")
	f("no annotation", basis, "# METADATA\n# title: You said no\n", "# title: You said no\n", "no # METADATA")
	f("no German", basis, "#   title_de: Sie haben abgelehnt\n", "", "title_de")
	f("no article", basis, "#   article: \"4(11)\"\n", "", "article")
	f("an id without a dot", basis, "#   id: consent.refused\n", "#   id: refused\n", "custom.id")
	f("an id of another rule", basis, "#   id: consent.refused\n", "#   id: consent.given\n", "is taken")
	f("an id of the house", basis, "#   id: consent.refused\n", "#   id: purpose.not_bound\n", "is taken")
	f("no Rego", basis, "package privacy.basis", "package", "")
}

// An answer that is not whole is an error for the situation, never a guess.
func TestDecideRefusesPoorAnswers(t *testing.T) {
	agreed := Situation{Status: StatusGiven, Proof: ProofSingle}
	f := func(name, file, old, by, want string) {
		t.Helper()
		e, err := newEngine(context.Background(), change(t, file, old, by))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			return
		}
		r, err := e.Decide(context.Background(), agreed)
		if err == nil || r != nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, %v, not %q", name, r, err, want)
		}
	}
	const minimise, retention = "privacy/minimise/minimise.rego", "privacy/retention/retention.rego"
	f("an id that is not explained", "privacy/basis/basis.rego", `permits contains "consent.given"`, `permits contains "consent.gievn"`, "no explanation")
	f("a category without a word", minimise, "\t\"firmographic\",\n", "", "firmographic")
	f("an unknown category", minimise, "\t\"firmographic\",\n", "\t\"firmographics\",\n", "kept")
	f("a tag without a word", minimise, `generalised["url"] := "minimise.url" if kind != "duty"`, `generalised["url"] := "minimise.url" if kind == "none"`, "tag url")
	f("no time to live", retention, "\t\t\"contact\": 1095,\n", "", "contact")
	f("a life of no days", retention, "\"contact\": 1095", "\"contact\": 0", "out of range")
	f("a life beyond measure", retention, "\"contact\": 1095", "\"contact\": 65536", "out of range")
	f("half a day", retention, "\"contact\": 1095", "\"contact\": 0.5", "out of range")
	f("an unknown level", "privacy/profiling/profiling.rego", `level := {"level": "none", "review": false, "reasons": blocked}`, `level := {"level": "some", "review": false, "reasons": blocked}`, "profiling")
	f("no reasons", "privacy/transfer/transfer.rego", `answer := {"permit": true, "reasons": grounds}`, `answer := {"permit": true, "reasons": set()}`, "names no rule")
	f("two answers", "privacy/transfer/transfer.rego", `answer := {"permit": false, "reasons": blocked} if count(blocked) > 0`, `answer := {"permit": false, "reasons": grounds} if count(grounds) > 0`, "conflict")
}

// The invariants notice when a wall falls.
func TestInvariantsNotice(t *testing.T) {
	f := func(name, file, old, by string, s Situation, want string) {
		t.Helper()
		e, err := newEngine(context.Background(), change(t, file, old, by))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			return
		}
		r, err := e.Decide(context.Background(), s)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			return
		}
		if got := strings.Join(broken(s, r), "\n"); !strings.Contains(got, want) {
			t.Errorf("%s is not noticed: %q", name, got)
		}
	}
	f("consent without proof", "privacy/basis/basis.rego", `input.proof == "none"`, `input.proof == "double"`, Situation{Status: StatusGiven}, "6(1)(a)")
	f("children consent", "privacy/age/age.rego", `input.age == "minor"`, `input.age == "adult"`,
		Situation{Status: StatusGiven, Proof: ProofSingle, Age: AgeMinor}, "8(1)")
	f("objections are ignored", "privacy/rights/rights.rego", `"legitimate_interest"`+"\n\tinput.objected", `"contract"`+"\n\tinput.objected",
		Situation{Basis: BasisLegitimateInterest, Objected: true}, "21(1)")
	f("restricted data is used", "privacy/rights/rights.rego", `"rights.restricted" if input.restricted`, `"rights.restricted" if not input.restricted`,
		Situation{Status: StatusGiven, Proof: ProofSingle, Asked: ProfilingScore, Restricted: true}, "18")
	f("health data on a click", "privacy/minimise/minimise.rego", `input.status == "explicit"`, `input.status == "given"`,
		Situation{Status: StatusGiven, Proof: ProofSingle}, "9(2)(a)")
	f("queries are profiled", "privacy/minimise/minimise.rego", `generalised["url"] := "minimise.url"`, `exact["url"] := "minimise.url"`,
		Situation{Status: StatusGiven, Proof: ProofSingle, Asked: ProfilingScore}, "5(1)(c)")
	f("GPC is ignored", "privacy/signals/signals.rego", "\tinput.gpc\n", "\tnot input.gpc\n",
		Situation{Status: StatusGiven, Proof: ProofSingle, GPC: true}, "GPC")
	f("a machine decides unseen", "privacy/profiling/profiling.rego", `"review": true`, `"review": false`,
		Situation{Basis: BasisContract, Requested: true, Asked: ProfilingDecide}, "22")
	f("one click for a newsletter", "privacy/transfer/transfer.rego", `input.proof != "double"`, `input.proof == "none"`,
		Situation{Status: StatusGiven, Proof: ProofSingle, Marketing: true}, "7(1)")
	f("a cookie by contract", "privacy/device/device.rego", `input.device == "necessary"`, `input.device == "consented"`,
		Situation{Basis: BasisContract, Requested: true, Device: DeviceConsented}, "ePrivacy")
}

func TestWithin(t *testing.T) {
	full := func() *Row {
		f := Fields{{Verdict: Keep, TTLDays: 10}}
		return &Row{Permit: true, Fields: &f, Profiling: ProfilingDecide, Review: true, Transfer: true, Device: true}
	}
	for name, change := range map[string]func(r *Row){
		"no permit":      func(r *Row) { r.Permit = false },
		"no transfer":    func(r *Row) { r.Transfer = false },
		"no device":      func(r *Row) { r.Device = false },
		"less profiling": func(r *Row) { r.Profiling, r.Review = ProfilingScore, false },
		"coarser":        func(r *Row) { r.Fields[0].Verdict = Generalise },
		"shorter":        func(r *Row) { r.Fields[0].TTLDays = 9 },
		"no fields":      func(r *Row) { r.Fields = nil },
	} {
		less := full()
		change(less)
		if !less.Within(full()) || full().Within(less) {
			t.Errorf("%s: within %v, around %v", name, less.Within(full()), full().Within(less))
		}
	}
	unseen := full()
	unseen.Review = false
	if unseen.Within(full()) || !full().Within(full()) || !new(Row).Within(new(Row)) {
		t.Error("a review may vanish, or a row is not within itself")
	}
}
