package compile_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"github.com/tetratelabs/wazero"

	"github.com/lotse-edge/lotse/rules/compile"
	"github.com/lotse-edge/lotse/sdk/abi"
)

// Expressions that know more fields than a word has bits, in which any one of the fields is absent, all of them or none: what
// one branch finds out must not count in another.
func TestMoreFieldsThanAWordHasBits(t *testing.T) {
	var has, truths, numbers, texts []string
	for _, f := range library.Fields {
		x := fieldText(f.Name)
		has = append(has, "has("+x+")")
		switch f.Type {
		case compile.Boolean:
			truths = append(truths, x)
		case compile.Number:
			numbers = append(numbers, x)
		case compile.String:
			texts = append(texts, x+` != "a"`)
		}
	}
	and, or := func(s ...string) string { return "(" + strings.Join(s, " && ") + ")" }, func(s ...string) string { return "(" + strings.Join(s, " || ") + ")" }
	sum := "(" + strings.Join(numbers, " + ") + ") < 1e300"
	all := and(append(slices.Clone(truths), append(texts, sum)...)...)
	expressions := []string{
		and(and(has...), all),
		or(and(has...), all),
		or("!"+and(has...), all),
		or(and(has[:40]...), and(has[40:]...), all),
		and(or(has...), all),
		and(or(truths...), sum) + " ? " + sum + " : " + or(texts...),
		and(has[:70]...) + " ? " + all + " : " + and(numbers[0]+" < 1.0", sum),
		or(all, and(texts...), sum, and(truths...)),
		"!" + or(and(truths...), "!("+sum+")") + " || " + or(texts...),
	}
	x, err := compile.CompileExpressions(expressions, library)
	if err != nil {
		t.Fatal(err)
	}
	m, o := newMachine(t, x), newOracle(t)
	defer m.close()
	var programs []cel.Program
	for i, text := range expressions {
		if x.Errs[i] != nil {
			t.Fatal(x.Errs[i])
		}
		programs = append(programs, o.program(t, text))
	}
	w := newWriter(rand.New(rand.NewPCG(3, 3)))
	seen := map[outcome]int{}
	for absent := -2; absent < len(library.Fields); absent++ { // -2: none, -1: all
		full := newRecord(w, 0)
		if absent == -1 {
			full = newRecord(w, 1)
		}
		for _, f := range library.Fields {
			if v := full.values[f.Name]; v.Present && f.Type == compile.Boolean {
				v.Number = 1
				full.values[f.Name], full.profile[f.Name] = v, types.True
			}
		}
		if absent >= 0 {
			delete(full.values, library.Fields[absent].Name)
			delete(full.profile, library.Fields[absent].Name)
		}
		full.write(t, m, x.Reads, w)
		for i, text := range expressions {
			got, want := m.run(t, i), full.ask(t, programs[i])
			seen[want]++
			if got != want {
				t.Errorf("field %d absent: %s\n got %s, want %s", absent, text, got, want)
			}
		}
	}
	if len(x.Reads) < 70 || len(seen) != 3 {
		t.Errorf("%d features, and %v", len(x.Reads), seen)
	}
}

// Every year's first and last day, those around its leap day, and every day of some years have their parts.
func TestTheCalendar(t *testing.T) {
	day := "profile.`d-0`."
	x, err := compile.CompileExpressions([]string{day + "getFullYear()", day + "getMonth()", day + "getDate()", day + "getDayOfMonth()", day + "getDayOfWeek()", day + "getDayOfYear()"}, library)
	if err != nil {
		t.Fatal(err)
	}
	m := newMachine(t, x)
	defer m.close()
	w := newWriter(rand.New(rand.NewPCG(4, 4)))
	check := func(d time.Time) {
		r := &record{values: map[string]abi.Value{"d-0": {Type: abi.Number, Present: true, Number: float64(d.Unix() / 86400)}}}
		r.write(t, m, x.Reads, w)
		for i, want := range []int{d.Year(), int(d.Month()) - 1, d.Day(), d.Day() - 1, int(d.Weekday()), d.YearDay() - 1} {
			if got := m.run(t, i); got != outcome(fmt.Sprintf("int %d", want)) {
				t.Fatalf("%s: part %d is %s", d.Format(time.DateOnly), i, got)
			}
		}
	}
	for year := 1; year <= 9999; year++ {
		for _, d := range []struct {
			month time.Month
			day   int
		}{{1, 1}, {2, 28}, {3, 0}, {3, 1}, {12, 31}} {
			check(time.Date(year, d.month, d.day, 0, 0, 0, 0, time.UTC))
		}
	}
	for _, year := range []int{1, 4, 100, 400, 1900, 1969, 1970, 1972, 2000, 2023, 2024, 9999} {
		for d := time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC); d.Year() == year; d = d.AddDate(0, 0, 1) {
			check(d)
		}
	}
}

// Constants may end where the memory ends: what is loaded beyond them must be memory still.
func TestConstantsAtTheEndOfTheMemory(t *testing.T) {
	const page = 64 << 10
	var fill []string // interned, each as one constant
	for size := page - compile.ConstantsAt; size > 0; {
		n := min(size, 4100)
		fill = append(fill, strings.Repeat(string(rune('a'+len(fill))), n))
		size -= n
	}
	last := len(fill) - 1
	for beyond := -40; beyond <= 8; beyond++ {
		list := slices.Clone(fill)
		list[last] = list[last][:len(list[last])+min(beyond, 0)] + strings.Repeat("z", max(beyond, 0))
		var expressions []string
		for _, s := range list {
			expressions = append(expressions, `profile.s0 == `+celText(s)) // longer than what is compared by instructions
		}
		n := len(expressions)
		// The texts are short, and that without a byte is the last of all.
		expressions = append(expressions, `(profile.b0 ? "e" : "f").contains("c")`, `(profile.b0 ? "f" : "g") in ["a", "f", "abc", "gfedcba", "12345678"]`, `(profile.b0 ? "f" : "h") < "i"`,
			`(profile.b0 ? "" : "b") == "sixteen letters!"`, `(profile.b0 ? "" : "f") in ["sixteen letters!", "fifteen letters"]`, `(profile.b0 ? "" : "c").contains("c")`,
			`(profile.b0 ? "" : "c").contains("")`, `size(profile.b0 ? "" : "e")`)
		want := []outcome{"bool false", "bool true", "bool true", "bool false", "bool false", "bool false", "bool true", "int 0"}
		x, err := compile.CompileExpressions(expressions, library)
		if err != nil {
			t.Fatal(err)
		}
		m := newMachine(t, x)
		w := newWriter(rand.New(rand.NewPCG(5, 5)))
		r := &record{values: map[string]abi.Value{"b0": {Present: true, Type: abi.Boolean, Number: 1}, "s0": {Present: true, Type: abi.String, Text: list[last]}}}
		r.write(t, m, x.Reads, w)
		for i := range want {
			if x.Errs[n+i] != nil {
				t.Fatal(x.Errs[n+i])
			}
			if got := m.run(t, n+i); got != want[i] {
				t.Errorf("%d bytes beyond: %s is %s", beyond, expressions[n+i], got)
			}
		}
		if got := m.run(t, last); got != "bool true" {
			t.Errorf("%d bytes beyond: the last long constant is not found", beyond)
		}
		m.close()
	}
}

// A module answers -1 to what is shorter than the record that it reads, instead of reading what is there from before.
func TestAShortRecordIsRefused(t *testing.T) {
	result, err := compile.Compile([]byte(head+"segments: [{segment: x, when: profile.staff}, {segment: y, when: has(profile.path)}]\n"), "test", winery)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter())
	defer func() { _ = r.Close(ctx) }()
	m, err := r.Instantiate(ctx, result.Wasm)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := abi.AppendRecord(nil, 0, []abi.Value{{Present: true, Type: abi.Boolean, Number: 1}, {Type: abi.String}})
	if err != nil {
		t.Fatal(err)
	}
	m.Memory().Write(compile.RecordAt, raw)
	for size, want := range map[int]int32{0: -1, len(raw) - 1: -1, len(raw): 1} {
		answer, err := m.ExportedFunction(abi.ExportEvaluate).Call(ctx, uint64(size))
		if err != nil || int32(answer[0]) != want {
			t.Errorf("a record of %d of %d bytes: %v %v, want %d", size, len(raw), answer, err, want)
		}
	}
}
