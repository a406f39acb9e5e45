package wasm_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	goruntime "runtime"
	"testing"
	"time"

	"github.com/tetratelabs/wazero"

	"github.com/lotse-edge/lotse/runtime/wasm"
)

var (
	generated = flag.Int("generated", 1000, "random modules to run")
	seed      = flag.Uint64("seed", 1, "of the first random module")
	callPairs = flag.Int("pairs", 20_000, "pairs of calls of random modules")
)

// restore puts back what the mask and the slack tell, as the host does.
func (e *metered) restore(image []byte) {
	step := int(e.Slack) // which divides a granule
	for i := 0; i < len(e.memory); i += step {
		if e.covered(i) {
			copy(e.memory[i:i+step], image[i:])
		}
	}
}

// covered tells whether a byte lies in a marked granule or within the slack beside one, on a circle of 64 granules.
func (e *metered) covered(at int) bool {
	circle, slack := 64<<e.GranuleShift, int(e.Slack)
	for _, near := range [...]int{at, at + slack, at + circle - slack} {
		if e.marks>>(near%circle>>e.GranuleShift)&1 != 0 {
			return true
		}
	}
	return false
}

// TestGenerated: random modules compute the same plain and instrumented, in the compiler and in the interpreter; they use
// the same fuel in both, mark everything that they change, and a call after another finds nothing of it.
func TestGenerated(t *testing.T) {
	var n tally
	start := time.Now()
	for i := range *generated {
		if err := n.module(*seed + uint64(i)); err != nil {
			t.Fatalf("-seed %d: %v", *seed+uint64(i), err)
		}
	}
	t.Logf("%d modules: %d the same plain and instrumented, interpreted and compiled; %d the same but for the plain compiler's select "+
		"of floats (wazero/wazero#2534; seeds %v); %d show the bits of NaNs and are the same instrumented, interpreted and compiled",
		*generated, n.four, len(n.misselected), n.misselected, n.nans)
	t.Logf("%d calls (%d trapped), %d pairs restored, %d stopped within less fuel, in %v",
		n.calls, n.traps, n.pairs, n.stopped, time.Since(start).Round(time.Second))
	if n.traps*10 > n.calls*9 || n.pairs < *generated/4 {
		t.Error("too few calls end without a trap")
	}
	if n.four*10 < *generated*8 || n.four+len(n.misselected)+n.nans != *generated {
		t.Error("too few modules were compared")
	}
}

// TestSelectOfFloats: wazero 1.12's compiler loses an operand of a select of floats when registers are scarce; the module
// of this seed shows it on amd64. The instrumenter leaves none. Once wazero is mended the plain module is right too.
func TestSelectOfFloats(t *testing.T) {
	var n tally
	if err := n.module(9351); err != nil {
		t.Fatal(err)
	}
	if wrong := len(n.misselected) == 1; wrong != (goruntime.GOARCH == "amd64") {
		t.Errorf("the plain compiler is wrong: %v", wrong)
	}
}

// TestPairs: of a call with random arguments nothing is left for the next one, not a byte of the memory, not in its
// result, its fuel or its marks.
func TestPairs(t *testing.T) {
	const each = 1000 // pairs of one module
	start, pairs, touched := time.Now(), 0, 0
	for s := *seed; pairs < *callPairs; s++ {
		r := rand.New(rand.NewPCG(s, 8))
		m, problems := wasm.DecodeAny(generate(r, false, s%3 == 0))
		if len(problems) > 0 {
			t.Fatalf("-seed %d: %v", s, problems)
		}
		o := wasm.Options{Globals: wasm.Values(m), Calls: []string{"run"}, Keep: []string{"memory"}, Pages: m.Memory.Max + uint32(s%2)}
		if s%4 < 2 {
			o = wasm.Short(o)
		}
		e, err := newMetered(m, o, false)
		if err != nil {
			t.Fatal(err)
		}
		image := append([]byte(nil), e.memory...)
		arguments := func() []uint64 {
			return []uint64{plenty, uint64(uint32(r.Uint64())), r.Uint64(), uint64(uint32(r.Uint64())), r.Uint64()}
		}
		run := e.guest.ExportedFunction(wasm.CallName("run"))
		call := func(args []uint64) (result [4]uint64, ok bool) {
			stack := [5]uint64(args)
			if err := run.CallWithStack(ctx, stack[:]); err != nil {
				copy(e.memory, image)
				return result, false
			}
			stack[0] = uint64(uint32(stack[0]))
			e.marks = stack[3]
			if e.marks != 0 {
				touched++
			}
			e.restore(image)
			return [4]uint64(stack[:4]), true
		}
		second := arguments()
		want, works := call(second)
		for range each {
			if !works {
				break
			}
			if _, ok := call(arguments()); !ok {
				continue
			}
			if !bytes.Equal(e.memory, image) {
				t.Fatalf("-seed %d: the memory is not what it was", s)
			}
			if got, ok := call(second); !ok || got != want {
				t.Fatalf("-seed %d: %v, and after another call %v", s, want, got)
			}
			pairs++
		}
		e.close()
	}
	t.Logf("%d pairs of calls, %d calls wrote to the memory, in %v", pairs, touched, time.Since(start).Round(time.Second))
}

// tally counts modules and calls.
type tally struct {
	four, nans                   int      // modules, by how they were compared
	misselected                  []uint64 // their seeds
	calls, traps, pairs, stopped int
}

// module runs one random module, each tenth one with the bits of NaNs in sight: what they are plain depends on the machine.
func (n *tally) module(seed uint64) error {
	r := rand.New(rand.NewPCG(seed, 7))
	source := func(bits bool) []byte {
		return (&generator{Rand: rand.New(rand.NewPCG(seed, 6)), exact: seed%10 != 0, growing: seed%3 == 0, bits: bits}).module()
	}
	binary := source(false)
	m, problems := wasm.DecodeAny(binary)
	if len(problems) > 0 {
		return fmt.Errorf("%v", problems)
	}
	o := wasm.Options{Globals: wasm.Values(m), Calls: []string{"run"}, Keep: []string{"memory"}, Pages: m.Memory.Max, Show: true}
	if r.IntN(4) == 0 {
		o = wasm.CountAll(o)
	}
	if r.IntN(2) == 0 {
		o = wasm.Short(o)
	}
	compiled, err := newMetered(m, o, false)
	if err != nil {
		return err
	}
	defer compiled.close()
	interpreted, err := newMetered(m, o, true)
	if err != nil {
		return err
	}
	defer interpreted.close()
	plainInterpreted, err := newPlain(binary, true)
	if err != nil {
		return err
	}
	defer plainInterpreted.close()
	plainCompiled, err := newPlain(wasm.Encode(m), false)
	if err != nil {
		return err
	}
	defer plainCompiled.close()
	image := bytes.Clone(compiled.memory)
	wrong := false
	for range 4 {
		args := []uint64{uint64(uint32(r.Uint64())), r.Uint64(), uint64(uint32(r.Uint64())), r.Uint64()}
		if r.IntN(2) == 0 {
			args[0] = uint64(r.IntN(65536))
		}
		want, err := sameMetered(compiled, interpreted, args)
		if err != nil {
			return fmt.Errorf("%v: instrumented, compiled and interpreted: %w", args, err)
		}
		if seed%10 != 0 {
			if err := plainInterpreted.same(args, want); err != nil {
				return fmt.Errorf("%v: plain and interpreted: %w", args, err)
			}
			if err := plainCompiled.same(args, want); err != nil {
				// It is that select if the compiler is right about the same module without one.
				wrong = true
				without, buildErr := newPlain(source(true), false)
				if buildErr != nil {
					return buildErr
				}
				again := without.same(args, want)
				without.close()
				if again != nil {
					return fmt.Errorf("%v: plain and compiled: %w; without a select of floats: %w", args, err, again)
				}
			}
		}
		if err := n.forgets(compiled, interpreted, image, args, want); err != nil {
			return fmt.Errorf("%v: %w", args, err)
		}
	}
	switch {
	case seed%10 == 0:
		n.nans++
	case wrong:
		n.misselected = append(n.misselected, seed)
	default:
		n.four++
	}
	return nil
}

// outcome is all that can be seen of a call.
type outcome struct {
	trap    string
	results string
	globals [2]uint64 // the integers
	memory  []byte
}

func (o outcome) differs(x outcome) error {
	switch {
	case o.trap != x.trap:
		return fmt.Errorf("%q and %q", o.trap, x.trap)
	case o.results != x.results:
		return fmt.Errorf("results %s and %s", o.results, x.results)
	case o.globals != x.globals:
		return fmt.Errorf("globals %#x and %#x", o.globals, x.globals)
	case !bytes.Equal(o.memory, x.memory):
		return errors.New("the memories differ")
	}
	return nil
}

// run calls the instrumented module.
func (e *metered) run(fuel uint64, args []uint64) outcome {
	results, err := e.call("run", fuel, args)
	o := outcome{trap: line(err), results: fmt.Sprint(results), memory: e.memory}
	for i := range o.globals {
		o.globals[i] = e.guest.ExportedGlobal(wasm.GlobalName(i)).Get()
	}
	return o
}

// sameMetered calls the instrumented module in both engines, which must agree on the fuel and the marks too.
func sameMetered(compiled, interpreted *metered, args []uint64) (outcome, error) {
	a, b := compiled.run(plenty, args), interpreted.run(plenty, args)
	if x, y := compiled.fuel.Get(), interpreted.fuel.Get(); x != y {
		return a, fmt.Errorf("fuel %d and %d", x, y)
	}
	if x, y := compiled.mask.Get(), interpreted.mask.Get(); x != y {
		return a, fmt.Errorf("mask %#x and %#x", x, y)
	}
	return a, a.differs(b)
}

// plainModule is a module as it is, in one of the engines.
type plainModule struct {
	engine wazero.Runtime
	code   wazero.CompiledModule
}

func newPlain(binary []byte, interpreter bool) (*plainModule, error) {
	code, err := engine(interpreter).CompileModule(ctx, binary)
	if err != nil {
		return nil, fmt.Errorf("compile the plain module: %w", err)
	}
	return &plainModule{engine(interpreter), code}, nil
}

func (p *plainModule) close() { _ = p.code.Close(ctx) }

// same calls a new instance. Its memory may be smaller than the instrumented one: what it has not grown to is zero.
func (p *plainModule) same(args []uint64, want outcome) error {
	guest, err := p.engine.InstantiateModule(ctx, p.code, wazero.NewModuleConfig().WithName("").WithStartFunctions())
	if err != nil {
		return fmt.Errorf("instantiate the plain module: %w", err)
	}
	defer guest.Close(ctx)
	results, err := guest.ExportedFunction("run").Call(ctx, args...)
	if err == nil {
		results[0] = uint64(uint32(results[0]))
	}
	o := outcome{trap: line(err), results: fmt.Sprint(results)}
	for i := range o.globals {
		o.globals[i] = guest.ExportedGlobal(string(rune('a' + i))).Get()
	}
	memory, _ := guest.Memory().Read(0, guest.Memory().Size())
	o.memory = append(memory, make([]byte, len(want.memory)-len(memory))...)
	return want.differs(o)
}

// forgets: what the call has changed is marked and restored, and exactly the fuel that it used is enough.
func (n *tally) forgets(compiled, interpreted *metered, image []byte, args []uint64, want outcome) error {
	n.calls++
	defer func() {
		copy(compiled.memory, image)
		copy(interpreted.memory, image)
	}()
	if want.trap != "" {
		n.traps++
		if int64(compiled.fuel.Get()) < 0 || int64(compiled.height.Get()) < 0 {
			return errors.New("out of fuel or stack")
		}
		return nil
	}
	if at := compiled.unmarked(); at >= 0 {
		return fmt.Errorf("byte %d changed without a mark: %#x", at, compiled.marks)
	}
	used := plenty - compiled.left
	want.memory = bytes.Clone(want.memory)
	compiled.restore(image)
	interpreted.restore(image)
	if !bytes.Equal(compiled.memory, image) || !bytes.Equal(interpreted.memory, image) {
		return errors.New("the restored memory differs from the image")
	}
	if err := want.differs(compiled.run(used, args)); err != nil {
		return fmt.Errorf("with just the fuel that it used: %w", err)
	}
	if compiled.left != 0 {
		return fmt.Errorf("with just the fuel that it used: %d left", compiled.left)
	}
	n.pairs++
	compiled.restore(image)
	if again := compiled.run(used-1, args); again.trap == "" || int64(compiled.fuel.Get()) >= 0 {
		return errors.New("it needs less fuel than it used")
	}
	n.stopped++
	return nil
}
