package wasm_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/lotse-edge/lotse/runtime/wasm"
)

// The official WebAssembly test suite, as wazero's own module ships it. Nothing of it is part of this repository.

type suite struct {
	Commands []command `json:"commands"`
}

type command struct {
	Type     string  `json:"type"`
	Line     int     `json:"line"`
	Name     string  `json:"name"`
	Filename string  `json:"filename"`
	Text     string  `json:"text"`
	Action   action  `json:"action"`
	Expected []value `json:"expected"`
}

type action struct {
	Type   string  `json:"type"`
	Module string  `json:"module"`
	Field  string  `json:"field"`
	Args   []value `json:"args"`
}

type value struct {
	Type  string `json:"type"`
	Value any    `json:"value"`
}

// bits gives the value as the engine takes it; ok is false for what is no number.
func (v value) bits() (bits uint64, ok bool) {
	s, isText := v.Value.(string)
	if !isText {
		return 0, false
	}
	size := 64
	if strings.HasSuffix(v.Type, "32") {
		size = 32
	}
	if strings.HasPrefix(s, "-") {
		n, err := strconv.ParseInt(s, 10, size)
		if size == 32 {
			return uint64(uint32(n)), err == nil
		}
		return uint64(n), err == nil
	}
	bits, err := strconv.ParseUint(s, 10, size)
	return bits, err == nil
}

// met tells whether the results are what the suite expects.
func (c command) met(got []uint64) bool {
	for i, e := range c.Expected {
		if !e.meets(got[i]) {
			return false
		}
	}
	return true
}

// meets tells whether a result is what the suite expects.
func (v value) meets(got uint64) bool {
	switch s, _ := v.Value.(string); {
	case s == "nan:canonical" && v.Type == "f32":
		return uint32(got)&0x7fffffff == 0x7fc00000
	case s == "nan:canonical":
		return got&math.MaxInt64 == 0x7ff8<<48
	case s == "nan:arithmetic" && v.Type == "f32":
		return uint32(got)&0x7fc00000 == 0x7fc00000
	case s == "nan:arithmetic":
		return got&(0x7ff8<<48) == 0x7ff8<<48
	}
	want, ok := v.bits()
	if v.Type == "i32" || v.Type == "f32" {
		got = uint64(uint32(got))
	}
	return ok && got == want
}

func (v value) same(a, b uint64) bool {
	if v.Type == "i32" || v.Type == "f32" {
		return uint32(a) == uint32(b)
	}
	return a == b
}

func indexes(list []value) (n []int) {
	for i := range list {
		n = append(n, i)
	}
	return n
}

// specRun counts what became of every command.
type specRun struct {
	t       *testing.T
	counts  map[string]int
	refused map[string]int // by reason, modules
	all     bool           // functions count their stack, and mark as Go guests do
	sharing bool           // a module of the file was refused
}

// suiteFiles lists files of one version of the suite.
func suiteFiles(t testing.TB, version, pattern string) []string {
	t.Helper()
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/tetratelabs/wazero").Output()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(dir)), "internal/integration_test/spectest", version, "testdata", pattern))
	if err != nil || len(files) == 0 {
		t.Fatal("the suite is not there", err)
	}
	return files
}

func TestSpec(t *testing.T) {
	for _, c := range []struct {
		version          string
		returns, traps   int // at least
		invalid, modules int
		all              bool // functions count their stack, and mark as Go guests do
	}{{"v1", 15000, 400, 1600, 700, false}, {"v1", 15000, 400, 1600, 700, true}, {"v2", 15000, 400, 1000, 700, false}} {
		t.Run(fmt.Sprint(c.version, c.all), func(t *testing.T) {
			files := suiteFiles(t, c.version, "*.json")
			r := &specRun{t: t, all: c.all, counts: map[string]int{}, refused: map[string]int{}}
			for _, f := range files {
				r.file(f)
			}
			t.Logf("%d files", len(files))
			for _, list := range []map[string]int{r.counts, r.refused} {
				for _, k := range slices.Sorted(mapKeys(list)) {
					t.Logf("%6d %s", list[k], k)
				}
			}
			if n := r.counts["assert_return"]; n < c.returns {
				t.Errorf("only %d results were compared", n)
			}
			if n := r.counts["assert_trap"]; n < c.traps {
				t.Errorf("only %d traps were compared", n)
			}
			if n := r.counts["assert_invalid"] + r.counts["assert_malformed"]; n < c.invalid {
				t.Errorf("only %d invalid modules were tried", n)
			}
			if n := r.counts["module"]; n < c.modules {
				t.Errorf("only %d modules were run", n)
			}
		})
	}
}

func mapKeys(m map[string]int) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

func (r *specRun) file(path string) {
	raw, err := os.ReadFile(path)
	if err != nil {
		r.t.Fatal(err)
	}
	var s suite
	if err := json.Unmarshal(raw, &s); err != nil {
		r.t.Fatal(err)
	}
	named := map[string]*pair{}
	var last *pair
	r.sharing = false
	defer func() {
		for _, p := range named {
			p.close()
		}
	}()
	for _, c := range s.Commands {
		where := fmt.Sprintf("%s:%d", filepath.Base(path), c.Line)
		switch c.Type {
		case "module":
			last = r.module(where, filepath.Join(filepath.Dir(path), c.Filename))
			named[where] = last
			if c.Name != "" {
				named[c.Name] = last
			}
		case "assert_return", "assert_trap", "action", "assert_exhaustion":
			p := last
			if c.Action.Module != "" {
				p = named[c.Action.Module]
			}
			switch {
			case p == nil || p.refused:
				r.counts[c.Type+", module refused"]++
			case c.Action.Type != "invoke":
				r.counts["global read, by other means"]++
			default:
				if r.invoke(where, p, c) {
					r.counts[c.Type]++
				}
			}
		case "assert_invalid", "assert_malformed":
			if strings.HasSuffix(c.Filename, ".wasm") {
				r.counts[c.Type]++
				r.invalid(where, filepath.Join(filepath.Dir(path), c.Filename))
			}
		default:
			r.counts["not tried: "+c.Type]++
		}
	}
}

// invalid: what the suite calls invalid gets past neither the decoder and the instrumenter nor the engine behind them.
func (r *specRun) invalid(where, path string) {
	binary, err := os.ReadFile(path)
	if err != nil {
		r.t.Fatal(err)
	}
	m, _ := wasm.DecodeAny(binary)
	if m == nil {
		return
	}
	in, err := wasm.Instrument(m, wasm.Options{})
	if err != nil {
		return
	}
	c, err := engine(false).CompileModule(context.Background(), in.Binary)
	if err == nil {
		_ = c.Close(context.Background())
		r.counts["invalid before multi-value results, and admitted"]++
		if !strings.Contains(path, "v1") {
			r.t.Errorf("%s: admitted", where)
		}
	}
}

func (r *specRun) module(where, path string) *pair {
	binary, err := os.ReadFile(path)
	if err != nil {
		r.t.Fatal(err)
	}
	m, problems := wasm.DecodeAny(binary)
	if len(problems) > 0 {
		reason, _, _ := strings.Cut(problems[0].Message, ":")
		if strings.Contains(reason, "import ") {
			reason = "import of a function with results, or from another module"
		}
		r.refused["modules refused: "+reason]++
		r.sharing = true
		return &pair{refused: true}
	}
	r.counts["module"]++
	pages := uint32(0)
	if m.Memory != nil && wasm.Grows(m) {
		pages = min(m.Memory.Max, 1100) // some grow the memory
	}
	o := wasm.Options{Pages: pages}
	if r.all {
		o = wasm.Short(wasm.CountAll(o))
	}
	p, err := newPair(wasm.Encode(m), m, o)
	if err == nil {
		p.grows = pages > 0
	}
	if err != nil {
		if c, plain := engine(false).CompileModule(ctx, binary); plain != nil {
			r.refused["modules refused: by the engine, plain too, because its own reference types are off"]++
			return &pair{refused: true}
		} else {
			_ = c.Close(ctx)
		}
		r.t.Errorf("%s: %v", where, err)
		return &pair{refused: true}
	}
	return p
}

// invoke runs one action plain and instrumented, and tells whether it counts.
func (r *specRun) invoke(where string, p *pair, c command) bool {
	args := make([]uint64, len(c.Action.Args))
	for i, a := range c.Action.Args {
		var ok bool
		if args[i], ok = a.bits(); !ok {
			r.counts["an argument that is no number"]++
			return false
		}
	}
	if c.Type == "assert_exhaustion" {
		got, err := p.metered.call(c.Action.Field, 1<<40, args)
		if err == nil || p.metered.height.Get() < 1<<63 {
			r.t.Errorf("%s: no overflow: %v %v", where, got, err)
		}
		return true
	}
	plain, plainErr := p.plain(c.Action.Field, args)
	got, err := p.metered.call(c.Action.Field, 1<<40, args)
	if p.grows && (line(plainErr) != line(err) || plainErr == nil && !c.met(got)) {
		// Pages that the guest has not asked for yet are there already.
		r.counts["an access beyond the pages that the guest has grown to"]++
		return false
	}
	if line(plainErr) != line(err) {
		r.t.Errorf("%s: %s%v: plain %v, instrumented %v", where, c.Action.Field, args, line(plainErr), line(err))
		return true
	}
	if (err != nil) != (c.Type == "assert_trap") || c.Type == "assert_return" && err == nil && slices.ContainsFunc(indexes(c.Expected),
		func(i int) bool { return !c.Expected[i].meets(plain[i]) && c.Expected[i].same(plain[i], got[i]) }) {
		// A module that was refused should have changed a table or a memory that is shared.
		if r.sharing {
			r.counts["another state than the suite's, because a module that shares it was refused"]++
			return false
		}
		r.t.Errorf("%s: %v", where, err)
		return true
	}
	if err != nil {
		return true
	}
	if m := p.differs(); m != "" {
		r.t.Errorf("%s: %s", where, m)
	}
	if c.Type == "action" {
		return true
	}
	for i, e := range c.Expected {
		if !e.meets(plain[i]) {
			r.t.Errorf("%s: %s%v: plain %#x, want %v", where, c.Action.Field, args, plain[i], e)
		}
		if e.meets(got[i]) {
			continue
		}
		r.t.Errorf("%s: %s%v: %#x, want %v", where, c.Action.Field, args, got[i], e)
	}
	return true
}
