package compile_test

import (
	"bytes"
	"cmp"
	"errors"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"github.com/lotse-edge/lotse/rules/compile"
	"github.com/lotse-edge/lotse/sdk/abi"
)

var (
	// For many, run it often with other seeds: the caches of CEL's parser grow, and it becomes slow.
	random = flag.Int("random", 5_000, "how many random expressions TestRandomExpressions compares")
	seed   = flag.Uint64("seed", 1, "of the random expressions")
)

// library is what random expressions speak of: more fields than a word has bits, of which each expression knows a few. The
// features stand for calls of functions over events, which cel-go is given as plain values.
var (
	library = func() compile.Catalogue {
		c := compile.Catalogue{Events: []compile.Event{{Name: "visit", Properties: []string{"s1", "s2", "n1", "n2"}}, {Name: "call"}}}
		for i := range 20 {
			for _, f := range []compile.Field{{Name: "s%d"}, {Name: "n%d", Type: compile.Number}, {Name: "b%d", Type: compile.Boolean}, {Name: "d-%d", Type: compile.Date}} {
				f.Name = fmt.Sprintf(f.Name, i)
				c.Fields = append(c.Fields, f)
			}
		}
		return c
	}()
	calls = []struct {
		text string
		kind string
	}{
		{`count("visit")`, "int"},
		{`count("call")`, "int"},
		{`count("visit", "90d")`, "int"},
		{`count("visit", "90d", event.s1 == "a")`, "int"},
		{`count("visit", "90d", event.s2 == "a")`, "int"},
		{`count("visit", "90d", event.s2.startsWith("a"))`, "int"},
		{`sum("visit", "n1", "2w")`, "double"},
		{`sum("visit", "n2", "2w")`, "double"},
		{`decayed("visit", "14d")`, "double"},
		{`decayed("visit", "7d")`, "double"},
		{`days_since_last("visit")`, "double"},
		{`days_since_first("visit", event.s1 in ["a", "b"] && event.s1.startsWith("c"))`, "double"},
	}
)

// Each random expression gives on each random record what cel-go's interpreter gives: the same value, to the bit, or an
// error like it. Every form of an expression stands at the root of some, and must have given all that it can give.
func TestRandomExpressions(t *testing.T) {
	const batch, records = 250, 24
	rng := rand.New(rand.NewPCG(*seed, 0))
	oracle := newOracle(t)
	seen := map[string]map[string]int{} // of each form, how often it gave what
	compared := 0
	for done := 0; done < *random; done += batch {
		w := newWriter(rng)
		var ours, theirs, names []string
		for i := range min(batch, *random-done) {
			f := rootForms[(done+i)%len(rootForms)]
			w.know(2)
			a, b := w.root(f.form, max(1, rng.IntN(6)))
			ours, theirs, names = append(ours, a), append(theirs, b), append(names, f.name)
		}
		x, err := compile.CompileExpressions(ours, library)
		if err != nil {
			t.Fatal(err)
		}
		m := newMachine(t, x)
		if done/batch%2 == 1 {
			m.close()
			m = newCompilingMachine(t, x)
		}
		programs := make([]cel.Program, len(theirs))
		for i, text := range theirs {
			if x.Errs[i] != nil {
				t.Fatalf("%s\n%v", ours[i], x.Errs[i])
			}
			programs[i] = oracle.program(t, text)
			if seen[names[i]] == nil {
				seen[names[i]] = map[string]int{}
			}
		}
		for n := range records {
			r := newRecord(w, []float64{0, 0.3, 0.3, 0.3, 0.3, 0, 0.3, 1}[n%8])
			r.write(t, m, x.Reads, w)
			for i := range ours {
				got, want := m.run(t, i), r.ask(t, programs[i])
				seen[names[i]][answer(want)]++
				compared++
				if got != want {
					t.Fatalf("%s\nrecord %v\n got %s\nwant %s", ours[i], r, got, want)
				}
			}
		}
		m.close()
	}
	var report strings.Builder
	for _, f := range rootForms {
		fmt.Fprintf(&report, "\n  %-32s %v", f.name, seen[f.name])
		for _, a := range answersOf(f) {
			if seen[f.name][a] == 0 && (*seed == 1 && *random >= 5000 || *random >= 20_000) {
				t.Errorf("%s never gave %s", f.name, a)
			}
		}
	}
	t.Logf("%d random expressions on %d records each: %d equal answers, by the form of the expression:%s", *random, records, compared, &report)
}

// answer is what an outcome is counted as.
func answer(o outcome) string {
	kind, value, _ := strings.Cut(string(o), " ")
	if kind == "error" || kind == "bool" {
		return cmp.Or(value, kind)
	}
	return "value"
}

// answersOf is what a form can give.
func answersOf(f rootForm) []string {
	switch {
	case strings.HasPrefix(f.name, "exists none"):
		return []string{"false"}
	case strings.HasPrefix(f.name, "all none"):
		return []string{"true"}
	case strings.Contains(f.name, "in none"):
		return []string{"false", "error"}
	case f.name == "(!has(%x) && %t)":
		return []string{"false", "error"}
	case slices.Contains([]string{"(!has(%x) || %t)", "(%t || !has(%x))", "(has(%x) && %t)", "(%t && has(%x))", "!(has(%x) && %t)"}, f.name): // errors are days that are no date
		return []string{"true", "false"}
	case strings.Contains(f.name, "in many bool") || f.name == "(has(%x) || %t)":
		return []string{"true", "error"}
	case f.kind != "bool":
		return []string{"value", "error"}
	}
	return []string{"true", "false", "error"}
}

// oracle is cel-go with the same declarations and a profile of values.
type oracle struct{ env *cel.Env }

var errAbsent = errors.New("no such key")

func newOracle(t testing.TB) *oracle {
	t.Helper()
	env, err := compile.NewEnv(&library)
	if err != nil {
		t.Fatal(err)
	}
	env, err = env.Extend(cel.CustomTypeProvider(&valued{env.CELTypeProvider()}), cel.Variable("feature", cel.ObjectType("Features")))
	if err != nil {
		t.Fatal(err)
	}
	return &oracle{env}
}

func (o *oracle) program(t testing.TB, text string) cel.Program {
	tree, issues := o.env.Compile(text)
	if issues.Err() != nil {
		t.Fatalf("%s: %v", text, issues.Err())
	}
	p, err := o.env.Program(tree)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// valued gives fields their values, from a map in which absent ones are not there.
type valued struct{ types.Provider }

func (v *valued) FindStructType(name string) (*types.Type, bool) {
	if name == "Features" {
		return types.NewTypeTypeWithParam(types.NewObjectType(name)), true
	}
	return v.Provider.FindStructType(name)
}

func (v *valued) FindStructFieldType(name, field string) (*types.FieldType, bool) {
	var t *types.Type
	if name == "Features" {
		n, _ := strconv.Atoi(field[1:])
		t = map[string]*types.Type{"int": types.IntType, "double": types.DoubleType}[calls[n].kind]
	} else {
		f, ok := v.Provider.FindStructFieldType(name, field)
		if !ok {
			return nil, false
		}
		t = f.Type
	}
	return &types.FieldType{
		Type: t,
		IsSet: func(object any) bool {
			_, ok := object.(map[string]ref.Val)[field]
			return ok
		},
		GetFrom: func(object any) (any, error) {
			value, ok := object.(map[string]ref.Val)[field]
			if !ok {
				return nil, errAbsent
			}
			if e, is := value.(*types.Err); is {
				return nil, e
			}
			return value, nil
		},
	}, true
}

// record is a profile at a moment, in both forms.
type record struct {
	now      int64
	values   map[string]abi.Value // of fields by name, and of calls by text
	profile  map[string]ref.Val
	features map[string]ref.Val
}

// newRecord makes one in which so many of the values are absent.
func newRecord(w *writer, absent float64) *record {
	rng := w.rng
	r := &record{now: w.instant(), values: map[string]abi.Value{}, profile: map[string]ref.Val{}, features: map[string]ref.Val{}}
	for _, f := range library.Fields {
		if rng.Float64() < absent {
			continue
		}
		var v abi.Value
		switch f.Type {
		case compile.Number:
			v = abi.Value{Type: abi.Number, Number: w.double()}
			r.profile[f.Name] = types.Double(v.Number)
		case compile.Boolean:
			v = abi.Value{Type: abi.Boolean, Number: float64(rng.IntN(2))}
			r.profile[f.Name] = types.Bool(v.Number == 1)
		case compile.Date:
			v = abi.Value{Type: abi.Number, Number: w.day()}
			r.profile[f.Name] = types.NewErr("no date")
			if v.Number >= -719162 && v.Number < 2932897 {
				r.profile[f.Name] = types.Timestamp{Time: time.UnixMilli(int64(v.Number * 86_400_000)).UTC()}
			}
		default:
			v = abi.Value{Type: abi.String, Text: w.text()}
			r.profile[f.Name] = types.String(v.Text)
		}
		v.Present = true
		r.values[f.Name] = v
	}
	for i, c := range calls {
		name := fmt.Sprintf("f%d", i)
		v := abi.Value{Type: abi.Number, Present: rng.Float64() >= absent}
		if v.Present {
			v.Number = w.double()
			if c.kind == "int" && rng.IntN(2) == 0 {
				v.Number = float64(w.integer())
			}
			if !strings.HasPrefix(c.text, "sum") {
				v.Number = math.Abs(v.Number)
			}
		}
		switch {
		case c.kind == "int" && v.Number >= math.MaxInt64:
			r.features[name] = types.NewErr("out of range")
		case c.kind == "int":
			r.features[name] = types.Int(int64(v.Number))
		case v.Present || !strings.HasPrefix(c.text, "days"):
			r.features[name] = types.Double(v.Number)
		}
		r.values[c.text] = v
	}
	return r
}

// valuesOf gives the values of what a module reads, which is one of the fields or one of the calls.
func (r *record) valuesOf(reads []abi.Feature) []abi.Value {
	values := make([]abi.Value, len(reads))
	for i, x := range reads {
		key := cmp.Or(x.Field, x.Name)
		if x.Aggregate != abi.FieldValue {
			key = callOf(x)
		}
		values[i] = r.values[key]
		values[i].Type = x.Type
	}
	return values
}

// callOf is the call that became a feature.
func callOf(x abi.Feature) string {
	var args, filter []string
	for _, s := range []string{x.Event, x.Property, x.Window, x.HalfLife} {
		if s != "" {
			args = append(args, strconv.Quote(s))
		}
	}
	for _, c := range x.Where {
		switch {
		case c.Prefix != "":
			filter = append(filter, fmt.Sprintf("event.%s.startsWith(%q)", c.Property, c.Prefix))
		case len(c.In) == 1:
			filter = append(filter, fmt.Sprintf("event.%s == %q", c.Property, c.In[0]))
		default:
			filter = append(filter, fmt.Sprintf("event.%s in [%s]", c.Property, strings.ReplaceAll(strings.Trim(fmt.Sprintf("%q", c.In), "[]"), " ", ", ")))
		}
	}
	if len(filter) > 0 {
		args = append(args, strings.Join(filter, " && "))
	}
	return fmt.Sprintf("%s(%s)", x.Aggregate, strings.Join(args, ", "))
}

// write puts the record into the machine's memory. Behind it the memory goes on as the last text could: what is read there
// must not count.
func (r *record) write(t testing.TB, m *machine, reads []abi.Feature, w *writer) {
	t.Helper()
	raw, err := abi.AppendRecord(nil, r.now, r.valuesOf(reads))
	if err != nil {
		t.Fatal(err)
	}
	buffer := m.memory[compile.RecordAt:][:abi.MaxRecord]
	next := w.text()
	for n := min(len(next), len(raw)); n > 0; n-- {
		if bytes.HasSuffix(raw, []byte(next[:n])) {
			next = next[n:]
			break
		}
	}
	raw = append(raw, next...)
	for n := copy(buffer, raw); n < len(buffer); {
		n += copy(buffer[n:], w.texts[0])
	}
}

// input is the record for cel-go.
func (r *record) input() map[string]any {
	return map[string]any{"profile": r.profile, "feature": r.features, "now": time.UnixMilli(r.now).UTC()}
}

func (r *record) ask(t testing.TB, p cel.Program) outcome {
	v, _, err := p.Eval(r.input())
	if err != nil {
		return failed
	}
	switch v := v.(type) {
	case types.Bool:
		return outcome(fmt.Sprintf("bool %v", bool(v)))
	case types.Int:
		return outcome(fmt.Sprintf("int %d", int64(v)))
	case types.Double:
		return double(float64(v))
	case types.String:
		return outcome(fmt.Sprintf("string %q", string(v)))
	case types.Timestamp:
		return outcome(fmt.Sprintf("time %d", v.UnixMilli()))
	case types.Duration:
		return outcome(fmt.Sprintf("span %d", v.Milliseconds()))
	default:
		t.Fatalf("cel-go gives a %T", v)
		return ""
	}
}
