package edge_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lotse-edge/lotse/edge"
	"github.com/lotse-edge/lotse/runtime"
	w "github.com/lotse-edge/lotse/runtime/wasm/wasmtest"
)

// The hostile module of a tenant whose other modules are good. It reads the visitor's budget, and turns on its host when that
// is evilBudget.
const (
	hostileManifest = `{"abi":1,"name":"hostile","version":"1.0.0","purpose":"profiling",` +
		`"reads":[{"name":"budget","type":"number"}],` +
		`"emits":{"scores":[{"name":"memory","reasons":["one"]}],"segments":["hostile"]}}`
	evilBudget = 666
)

func hostileRule() *w.Module { return w.Rule(hostileManifest).Contract(w.Input, w.Output) }

// turncoat answers 7 points, after the bad code if the budget is evil.
func turncoat(m *w.Module, bad ...[]byte) []byte {
	return m.Evaluate(nil, number(0), w.ConstF64(evilBudget), w.Op(0x61, 0x04, 0x40), w.Cat(bad...), w.Op(0x0b),
		w.Entry(0, 1, 0, 0, w.ConstF64(7)), w.ConstI32(1)).Bytes()
}

// hostileModules are those that are admitted, with what the tenant is told when they show what they are.
func hostileModules() map[string]struct {
	wasm   []byte
	detail string
} {
	const late, call, answer = "out of fuel", "failed: trap", "failed: bad answer"
	// fib(60) has no loop and no deep stack, and is practically endless.
	m := hostileRule()
	fib := m.Next()
	m.Func(w.Op(w.I32), w.Op(w.I32), nil,
		w.Op(0x20, 0), w.ConstI32(2), w.Op(0x48, 0x04, w.I32, 0x20, 0, 0x05),
		w.Op(0x20, 0), w.ConstI32(1), w.Op(0x6b), w.With(0x10, fib),
		w.Op(0x20, 0), w.ConstI32(2), w.Op(0x6b), w.With(0x10, fib), w.Op(0x6a, 0x0b))
	exponential := turncoat(m, w.ConstI32(60), w.With(0x10, fib), w.Op(0x1a))
	m = hostileRule()
	self := m.Next()
	m.Func(nil, nil, nil, w.With(0x10, self))
	endless := turncoat(m, w.With(0x10, self))

	return map[string]struct {
		wasm   []byte
		detail string
	}{
		"an endless loop":         {turncoat(hostileRule(), w.Op(0x03, 0x40, 0x0c, 0, 0x0b)), late},
		"an exponential":          {exponential, late},
		"a recursion without end": {endless, "stack too deep"},
		"memory without end":      {turncoat(hostileRule(), w.Op(0x03, 0x40), w.ConstI32(1), w.Op(0x40, 0, 0x1a, 0x0c, 0, 0x0b)), late},
		"a trap":                  {turncoat(hostileRule(), w.Op(0x00)), call},
		"a division by zero":      {turncoat(hostileRule(), w.ConstI32(1), w.ConstI32(0), w.Op(0x6d, 0x1a)), call},
		"a load behind the end":   {turncoat(hostileRule(), w.Load64(65536-7), w.Op(0x1a)), call},
		"a refusal":               {turncoat(hostileRule(), w.ConstI32(-1), w.Op(0x0f)), answer},
		"too many entries":        {turncoat(hostileRule(), w.ConstI32(1<<20), w.Op(0x0f)), answer},
		"an undeclared score":     {turncoat(hostileRule(), w.Entry(0, 1, 1, 0, w.ConstF64(1)), w.ConstI32(1), w.Op(0x0f)), answer},
		"an undeclared segment":   {turncoat(hostileRule(), w.Entry(0, 2, 1, 0, w.ConstF64(1)), w.ConstI32(1), w.Op(0x0f)), answer},
		"an undeclared trait":     {turncoat(hostileRule(), w.Entry(0, 3, 0, 0, w.ConstF64(1)), w.ConstI32(1), w.Op(0x0f)), answer},
		"a statement of no kind":  {turncoat(hostileRule(), w.Entry(0, 9, 0, 0, w.ConstF64(1)), w.ConstI32(1), w.Op(0x0f)), answer},
		"points that are none": {turncoat(hostileRule(), w.Entry(0, 1, 0, 0, w.Cat(w.ConstF64(0), w.ConstF64(0), w.Op(0xa3))),
			w.ConstI32(1), w.Op(0x0f)), answer},
	}
}

// refusedModules are those that an upload refuses, with what it says. One that never ends its initialisation is among the
// runtime's own tests: here it would cost the time in which a good module may be compiled.
func refusedModules() map[string]struct {
	wasm []byte
	says string
} {
	manifest := func(old, new string) []byte {
		m := strings.Replace(hostileManifest, old, new, 1)
		if m == hostileManifest {
			panic("BUG: the manifest does not hold " + old)
		}
		return w.Rule(m).Contract(w.Input, w.Output).Evaluate(nil, w.ConstI32(0)).Bytes()
	}
	initialise := func(code ...[]byte) []byte {
		m := hostileRule()
		m.Export("_initialize", w.KindFunc, m.Func(nil, nil, nil, code...))
		return turncoat(m)
	}
	importing := w.Rule(hostileManifest)
	importing.Import("wasi_snapshot_preview1", "sock_open", nil, nil)
	huge := w.Rule(hostileManifest)
	huge.Raw(w.Memory, w.Cat([]byte{1, 0}, w.U32(65536)))
	return map[string]struct {
		wasm []byte
		says string
	}{
		"a manifest that is no JSON":      {manifest(`{"abi"`, `{"abi" `+"\x00"), "manifest"},
		"a manifest of another version":   {manifest(`"abi":1`, `"abi":2`), "abi"},
		"a manifest with an unknown key":  {manifest(`"reads"`, `"network":true,"reads"`), "network"},
		"a manifest that reads too much":  {manifest(`[{"name":"budget","type":"number"}]`, `[`+repeated(2000, `{"name":"f%d","type":"number"}`)+`]`), "manifest"},
		"no manifest":                     {w.Rule("").Contract(w.Input, w.Output).Evaluate(nil, w.ConstI32(0)).Bytes(), "lotse.manifest"},
		"two manifests":                   {append(turncoat(hostileRule()), w.Custom("lotse.manifest", []byte(hostileManifest))...), "manifest"},
		"another module's name":           {manifest(`"hostile"`, `"interest"`), "interest"},
		"a purpose that the tenant lacks": {manifest(`"profiling"`, `"sales"`), "purpose"},
		"a purpose that judges nobody":    {manifest(`"profiling"`, `"necessary"`), "profiling"},
		"a field that the tenant lacks":   {manifest(`"budget"`, `"salary"`), "salary"},
		"a field of another type":         {manifest(`"type":"number"`, `"type":"string"`), "budget"},
		"a score without bands":           {manifest(`"memory"`, `"wealth"`), "wealth"},
		"another module's score":          {manifest(`"memory"`, `"interest"`), "interest"},
		"another module's segment":        {manifest(`["hostile"]`, `["gastronomy-de"]`), "gastronomy-de"},
		"an import":                       {importing.Contract(w.Input, w.Output).Evaluate(nil, w.ConstI32(0)).Bytes(), "sock_open"},
		"no evaluation":                   {hostileRule().Bytes(), "lotse_evaluate"},
		"an evaluation of another shape": {func() []byte {
			m := hostileRule()
			m.Export("lotse_evaluate", w.KindFunc, m.Func(nil, nil, nil))
			return m.Bytes()
		}(), "lotse_evaluate"},
		"four gigabytes of memory":            {huge.Contract(w.Input, w.Output).Evaluate(nil, w.ConstI32(0)).Bytes(), "memory"},
		"buffers outside the memory":          {w.Rule(hostileManifest).Contract(1<<30, 0).Evaluate(nil, w.ConstI32(0)).Bytes(), "buffers"},
		"an initialisation that traps":        {initialise(w.Op(0x00)), "initialisation"},
		"code that is not valid":              {turncoat(hostileRule(), w.Op(0x1a)), ""},
		"a binary that is cut":                {turncoat(hostileRule())[:60], ""},
		"a binary of another kind":            {[]byte("\x7fELF\x02\x01\x01"), "WebAssembly"},
		"a component":                         {[]byte("\x00asm\x0d\x00\x01\x00"), ""},
		"a binary with a broken section size": {append([]byte(w.Header), 1, 0xff, 0xff, 0xff, 0xff, 0x0f), ""},
	}
}

// besieged is a server with the winery, its good modules and the hostile one, and a tenant who has nothing to do with it.
func besieged(t *testing.T) *bench {
	host := hostWith(t, runtime.Config{AdmitTimeout: time.Minute, Instances: 2})
	b := start(t, func(c *edge.Config) { c.Host, c.Rate, c.BreakerFaults = host, 1e9, 1<<30 })
	files := changed(t, winery(t), "stages.yaml", "bands:\n", "bands:\n  memory: [{name: any, from: 0}]\n")
	files["rules/hostile.wasm"] = turncoat(hostileRule())
	b.apply("winery", files)
	b.apply("innocent", small("innocent"))
	return b
}

// upload puts the hostile module into the winery.
func (b *bench) upload(wasm []byte) (*http.Response, []byte) {
	return b.call("PUT", b.admin+"/admin/v1/tenants/winery/modules/hostile", adminKey, wasm)
}

// guestOf makes a visitor of the winery with a budget.
func (b *bench) guestOf(t testing.TB, budget float64) string {
	d := b.decide(t, writeKey, "", fmt.Sprintf(`{"consent":{"profiling":"granted"},"traits":{"budget":%v,"customer_type":"gastronomy","country":"DE"},
		"events":[{"id":"v","type":"page_view","properties":{"path":"/riesling"}},{"id":"t","type":"webinar_registered","properties":{"topic":"riesling"}}]}`, budget))
	if d.Visitor == "" {
		t.Fatal("no token")
	}
	return d.Visitor
}

const ask = `{"want":["scores","segments","stage"]}`

// good is a visitor's answer without the hostile module's part and without the token.
func good(d decided) decided {
	d.Visitor, d.Faults, d.Verdicts = "", nil, nil
	d.Scores = maps.Clone(d.Scores)
	delete(d.Scores, "memory")
	d.Segments = slices.DeleteFunc(slices.Clone(d.Segments), func(s string) bool { return s == "hostile" })
	return d
}

// watch calls the innocent tenant all the while, and gives a function that ends it and tells the times that it took.
func (b *bench) watch(t testing.TB) (end func() []time.Duration) {
	token := b.visitor(t, writeKey+"innocent")
	stop, done := make(chan struct{}), make(chan []time.Duration)
	go func() {
		var took []time.Duration
		defer func() { done <- took }()
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			case <-time.After(5 * time.Millisecond):
			}
			begun := time.Now()
			res, body, err := b.post(writeKey+"innocent", token, fmt.Sprintf(`{"events":[{"id":"i%d","type":"view"}],"want":["scores"]}`, i%500))
			if err != nil || res.StatusCode != 200 || !strings.Contains(string(body), `"points"`) || strings.Contains(string(body), "faults") {
				t.Errorf("the innocent tenant: %v: %s", err, body)
				return
			}
			took = append(took, time.Since(begun))
		}
	}()
	return func() []time.Duration {
		close(stop)
		took := <-done
		slices.Sort(took)
		return took
	}
}

// TestHostileModules: whatever a tenant's module does, its own part of the answer is missing and the tenant is told why; the
// other modules, other visitors and other tenants are served as if it were not there.
func TestHostileModules(t *testing.T) {
	b := besieged(t)
	evil, guest := b.guestOf(t, evilBudget), b.guestOf(t, 5000)
	wantEvil, wantGuest := good(b.decide(t, writeKey, evil, ask)), good(b.decide(t, writeKey, guest, ask))
	if len(wantEvil.Scores) != 2 || len(wantGuest.Segments) == 0 {
		t.Fatalf("the good modules say too little to compare: %+v %+v", wantEvil, wantGuest)
	}
	end := b.watch(t)

	for name, c := range hostileModules() {
		t.Run(name, func(t *testing.T) {
			if res, body := b.upload(c.wasm); res.StatusCode != 200 {
				t.Fatalf("upload: %s", body)
			}
			for range 2 {
				begun := time.Now()
				d := b.decide(t, writeKey, evil, ask)
				if took := time.Since(begun); took > 10*time.Second {
					t.Errorf("the answer took %v", took)
				}
				if len(d.Faults) != 1 || d.Faults[0].Module != "hostile" || !strings.Contains(d.Faults[0].Detail, c.detail) || d.Faults[0].Detail == "" {
					t.Errorf("faults %+v, want one of hostile with %q", d.Faults, c.detail)
				}
				if _, ok := d.Scores["memory"]; ok {
					t.Error("a part of the hostile module's answer is taken")
				}
				if diff := cmp.Diff(wantEvil, good(d)); diff != "" {
					t.Errorf("the other modules' results changed (-want +got):\n%s", diff)
				}
				d = b.decide(t, writeKey, guest, ask)
				if diff := cmp.Diff(wantGuest, good(d)); diff != "" || d.Scores["memory"].Points != 7 || len(d.Faults) > 0 {
					t.Errorf("another visitor: %+v (-want +got):\n%s", d, diff)
				}
			}
		})
	}
	took := end()
	if len(took) < 20 {
		t.Fatalf("the innocent tenant got %d answers", len(took))
	}
	// Not a goal but a bound: far above what is usual, far below what would be if somebody waited for a hostile call.
	if median, last := took[len(took)/2], took[len(took)-1]; median > 500*time.Millisecond || last > 10*time.Second {
		t.Errorf("the innocent tenant waited %v, once %v", median, last)
	}
	if _, metrics := b.call("GET", b.admin+"/metrics", "", nil); !strings.Contains(string(metrics), `lotse_module_faults_total{tenant="winery",module="hostile"}`) &&
		!strings.Contains(string(metrics), `lotse_module_faults_total{module="hostile",tenant="winery"}`) {
		t.Error("the metrics do not count the faults")
	}

	t.Run("refused", func(t *testing.T) {
		if res, body := b.upload(turncoat(hostileRule())); res.StatusCode != 200 {
			t.Fatalf("upload: %s", body)
		}
		for name, c := range refusedModules() {
			res, body := b.upload(c.wasm)
			p := problemIn(t, res, body)
			if p.Status != 422 || len(p.Errors) == 0 || p.Errors[0].File == "" || !strings.Contains(string(body), "hostile") || !strings.Contains(string(body), c.says) {
				t.Errorf("%s: want 422 with %q, got %.500s", name, c.says, body)
			}
			d := b.decide(t, writeKey, guest, ask)
			if diff := cmp.Diff(wantGuest, good(d)); diff != "" || d.Scores["memory"].Points != 7 || len(d.Faults) > 0 {
				t.Errorf("%s: the module before does not answer any more: %+v\n%s", name, d, diff)
			}
		}
	})
	t.Run("remember", func(t *testing.T) { rememberNobody(t, b) })
	t.Run("flood", func(t *testing.T) { flood(t, b, evil) })
}

// forgetful are modules that answer with what they find in a place, and then put the visitor's budget there.
func forgetful() map[string][]byte {
	budget := number(0)
	memory := func(at int32) []byte {
		return hostileRule().Evaluate(nil, w.Entry(0, 1, 0, 0, w.Cat(w.ConstI32(at), w.Op(0x2b, 0, 0))),
			w.ConstI32(at), budget, w.Op(0x39, 0, 0), w.ConstI32(1)).Bytes()
	}
	global := hostileRule()
	g := global.Global(w.F64, 1, w.ConstF64(0))
	// Stores and then fails, if the budget is evil: what a failed call left must not be found by the next.
	failing := hostileRule()
	k := failing.Global(w.F64, 1, w.ConstF64(0))
	return map[string][]byte{
		"in memory":               memory(w.Scratch),
		"in the first bytes":      memory(0),
		"in the last bytes":       memory(65536 - 8),
		"behind the record":       memory(w.Input + 16<<10 - 8),
		"behind the answer":       memory(w.Output + 16*255),
		"in a global":             global.Evaluate(nil, w.Entry(0, 1, 0, 0, w.With(0x23, g)), budget, w.With(0x24, g), w.ConstI32(1)).Bytes(),
		"in the size of memory":   hostileRule().Evaluate(nil, w.Entry(0, 1, 0, 0, w.Op(0x3f, 0, 0xb8)), budget, w.ConstF64(1000), w.Op(0x64, 0x04, 0x40), w.ConstI32(1), w.Op(0x40, 0, 0x1a, 0x0b), w.ConstI32(1)).Bytes(),
		"in a call that failed":   failing.Evaluate(nil, w.Entry(0, 1, 0, 0, w.With(0x23, k)), budget, w.With(0x24, k), budget, w.ConstF64(evilBudget), w.Op(0x61, 0x04, 0x40, 0x00, 0x0b), w.ConstI32(1)).Bytes(),
		"in entries never handed": hostileRule().Evaluate(nil, w.Entry(0, 1, 0, 0, w.Cat(w.ConstI32(w.Output+16*9+8), w.Op(0x2b, 0, 0))), w.Entry(9, 1, 0, 0, budget), w.ConstI32(1)).Bytes(),
	}
}

// rememberNobody: nothing of one visitor shows in the answer to another, however a module tries to keep it.
func rememberNobody(t *testing.T, b *bench) {
	rich, evil, nobody := b.guestOf(t, 424242), b.guestOf(t, evilBudget), b.guestOf(t, 0)
	for name, wasm := range forgetful() {
		if res, body := b.upload(wasm); res.StatusCode != 200 {
			t.Fatalf("%s: upload: %s", name, body)
		}
		seen := make(map[float64]bool)
		var mu sync.Mutex
		var wg sync.WaitGroup
		for _, token := range []string{rich, evil, nobody} {
			wg.Go(func() {
				for range 15 {
					res, body, err := b.post(writeKey, token, ask)
					if err != nil || res.StatusCode != 200 {
						t.Errorf("%s: %v: %s", name, err, body)
						return
					}
					d := parse(t, body)
					if score, ok := d.Scores["memory"]; ok {
						mu.Lock()
						seen[score.Points] = true
						mu.Unlock()
					}
				}
			})
		}
		wg.Wait()
		if len(seen) != 1 || seen[424242] || seen[evilBudget] {
			t.Errorf("%s: the module said %v, and should have found the same nothing each time", name, slices.Collect(maps.Keys(seen)))
		}
	}
}

// flood: many visitors of the hostile tenant at once, each of whom meets the endless loop. Others are served meanwhile.
func flood(t *testing.T, b *bench, evil string) {
	if res, body := b.upload(turncoat(hostileRule(), w.Op(0x03, 0x40, 0x0c, 0, 0x0b))); res.StatusCode != 200 {
		t.Fatalf("upload: %s", body)
	}
	tokens := []string{evil}
	for range 11 {
		tokens = append(tokens, b.guestOf(t, evilBudget))
	}
	end := b.watch(t)
	var wg sync.WaitGroup
	for _, token := range tokens {
		wg.Go(func() {
			for range 50 {
				res, body, err := b.post(writeKey, token, ask)
				if err != nil || res.StatusCode != 200 && res.StatusCode != 503 {
					t.Errorf("%v: %s", err, body)
				}
			}
		})
	}
	wg.Wait()
	took := end()
	if len(took) == 0 {
		t.Fatal("the innocent tenant got no answer during the flood")
	}
	if last := took[len(took)-1]; last > 5*time.Second {
		t.Errorf("the innocent tenant waited %v", last)
	}
}
