package policies

import (
	"context"
	"flag"
	"math/rand/v2"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
)

var whole = flag.Bool("whole", false, "ask every document about all situations, not about a part of them (minutes)")

// What a document cannot read makes no difference: asked about whole situations, it answers what it answered to the questions.
func TestFactoring(t *testing.T) {
	ctx := context.Background()
	in := testInterrogation(t)
	random := rand.New(rand.NewPCG(7, 7))
	for i := range aspects {
		a, err := in.ask(ctx, aspects[i].document)
		if err != nil {
			t.Fatal(err)
		}
		q, err := in.policy.prepare(ctx, refOf(aspects[i].document).String())
		if err != nil {
			t.Fatal(err)
		}
		n := 400
		if *whole {
			n = SituationCount
		}
		for k := range n {
			key := uint32(k)
			if !*whole {
				key = random.Uint32N(SituationCount)
			}
			s, err := SituationOf(key)
			if err != nil {
				t.Fatal(err)
			}
			v, err := q.ask(ctx, s.input(allParts))
			if err != nil {
				t.Fatal(err)
			}
			if got := a.Texts[a.at(key)]; got != canonical(v) {
				t.Fatalf("%s of situation %d is %s when asked about all of it, %s in the table", a.Document, key, canonical(v), got)
			}
		}
	}
}

// A projection puts just those situations together that look alike, and numbers them densely.
func TestProjection(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 3))
	masks := []partMask{0, allParts, 1 << partProof, 1 << partRequested, 1<<partStatus | 1<<partBasis}
	for range 20 {
		masks = append(masks, partMask(random.Uint32())&allParts)
	}
	for _, mask := range masks {
		p := newProjection(mask)
		if int(p.count) != len(p.sample) {
			t.Fatalf("%v has %d questions and %d samples", mask.names(), p.count, len(p.sample))
		}
		looks := map[[partCount]uint8]uint32{}
		for range 20_000 {
			key := random.Uint32N(SituationCount)
			s, err := SituationOf(key)
			if err != nil {
				t.Fatal(err)
			}
			look := s.Values()
			for i := range look {
				if !mask.has(i) {
					look[i] = 0
				}
			}
			question := p.of(key)
			if question >= p.count {
				t.Fatalf("%v: question %d of %d", mask.names(), question, p.count)
			}
			if known, ok := looks[look]; ok && known != question {
				t.Fatalf("%v: two questions look alike", mask.names())
			}
			looks[look] = question
			sample, err := SituationOf(p.sample[question])
			if err != nil {
				t.Fatal(err)
			}
			theirs := sample.Values()
			for i := range theirs {
				if mask.has(i) && theirs[i] != look[i] {
					t.Fatalf("%v: the sample of a question looks otherwise", mask.names())
				}
			}
		}
		different := map[uint32]bool{}
		for _, question := range looks {
			different[question] = true
		}
		if len(different) != len(looks) {
			t.Errorf("%v: %d looks share %d questions", mask.names(), len(looks), len(different))
		}
	}
}

// Whatever a document can read is found: through functions, comprehensions, imports, rules of other packages and keys that are not
// literals.
func TestReads(t *testing.T) {
	read := func(name, body string, want ...string) {
		t.Helper()
		module := "package x\n\nimport rego.v2\n\nimport data.y\n\n" + body
		c, err := ast.CompileModulesWithOpt(map[string]string{
			"x.rego": module,
			"y.rego": "package y\n\nimport rego.v2\n\nfar if input.gpc\n\nf(v) if v == input.age\n\nset contains input.regime\n",
		}, ast.CompileOpts{ParserOptions: ast.ParserOptions{RegoVersion: ast.RegoV1}})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var mask partMask
		for _, key := range want {
			if key == "all" {
				mask = allParts
				break
			}
			mask |= 1 << partByKey(key)
		}
		if got := readMask(c, ast.MustParseRef("data.x.p")); got != mask {
			t.Errorf("%s reads %v, not %v", name, got.names(), mask.names())
		}
	}
	read("nothing", `p := 1`)
	read("a key", `p if input.status == "given"`, "status")
	read("a key in brackets", `p if input["status"] == "given"`, "status")
	read("a rule far away", `p if y.far`, "gpc")
	read("a function", `p if y.f("adult")`, "age")
	read("a set", `p if "de" in y.set`, "regime")
	read("a comprehension", `p := [x | some x in ["a"]; x == input.basis]`, "basis")
	read("every", `p if { every x in ["a"] { x == input.proof } }`, "proof")
	read("a negation", `p if not input.marketing`, "marketing")
	read("a local name", "p if {\n\tx := input.objected\n\tx\n}", "objected")
	read("an else", "p := 1 if input.gpc else := 2 if input.device == \"none\"", "gpc", "device")
	read("a default", "default p := false\n\np if input.asked == \"score\"", "asked")
	read("a package as a whole", `p := data.y`, "gpc", "age", "regime")
	read("the whole situation", `p if count(input) > 0`, "all")
	read("a computed key", "p if {\n\tsome k in [\"age\"]\n\tinput[k] == \"adult\"\n}", "all")
	read("a walk", "p if {\n\tx := input\n\tx.age == \"adult\"\n}", "all")
	read("a function that is handed the situation", "g(x) if x.age == \"adult\"\n\np if g(input)", "all")
}
