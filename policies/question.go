package policies

import (
	"context"
	"errors"
	"fmt"
	"math"
	goruntime "runtime"
	"sync"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"
)

// interrogation asks documents of a policy all their questions, in both engines.
type interrogation struct {
	policy *compiledPolicy
	engine CompiledPolicy // the second engine; each worker clones it
	fired  firing

	mu       sync.Mutex
	findings Findings
}

// newInterrogation compiles a policy for the second engine. Close it after use.
func newInterrogation(ctx context.Context, policy *compiledPolicy, host Host, documents []string) (*interrogation, error) {
	wasm, err := compileWasm(ctx, policy.modules, documents, policy.caps)
	if err != nil {
		return nil, err
	}
	engine, err := host.OpenPolicy(ctx, wasm, policy.dataJSON)
	if err != nil {
		return nil, fmt.Errorf("open the compiled policy: %w", err)
	}
	return &interrogation{policy: policy, engine: engine, fired: firing{}}, nil
}

// maxFindings bounds how much one fault can repeat itself.
const maxFindings = 20

func (in *interrogation) found(f *Finding) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if len(in.findings) < maxFindings {
		in.findings = append(in.findings, f)
	}
}

func (in *interrogation) tooMany() bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	return len(in.findings) == maxFindings
}

// ask asks one document about all situations that it can tell apart, on all processors. What is wrong with the policy is a
// finding; an error is an engine that does not work.
func (in *interrogation) ask(ctx context.Context, document string) (*answered, error) {
	mask := readMask(in.policy.compiler, refOf(document))
	a := &answered{projection: newProjection(mask), Document: document, Parts: mask.names()}
	values := make([]ast.Value, a.count)
	q, err := in.policy.prepare(ctx, refOf(document).String())
	if err != nil {
		return nil, err
	}
	workers := min(goruntime.GOMAXPROCS(0), int(a.count))
	errs := make([]error, workers)
	var wait sync.WaitGroup
	for w := range workers {
		wait.Go(func() { errs[w] = in.work(ctx, q, a, values, w, workers) })
	}
	wait.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("ask %s: %w", document, err)
	}
	return a, a.number(values)
}

// work asks each question whose number leaves the given remainder.
func (in *interrogation) work(ctx context.Context, q *query, a *answered, values []ast.Value, first, step int) (err error) {
	compiled, err := in.engine.Clone(ctx)
	if err != nil {
		return fmt.Errorf("clone the compiled policy: %w", err)
	}
	defer func() { err = errors.Join(err, compiled.Close(ctx)) }()
	entry, ok := compiled.Entrypoints()[a.Document]
	if !ok {
		return fmt.Errorf("the compiled policy has no entry point %s", a.Document)
	}
	fired := firing{}
	defer func() { in.merge(fired) }()
	var input []byte
	for i := first; i < len(values); i += step {
		if in.tooMany() {
			return nil
		}
		s, err := SituationOf(a.sample[i])
		if err != nil {
			return err
		}
		fault := func(check, format string, args ...any) {
			in.found(&Finding{Check: check, Situation: &s, Message: fmt.Sprintf("data.%s: %s", a.Document, fmt.Sprintf(format, args...))})
		}
		v, err := q.ask(ctx, s.input(a.mask), fired)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, errUndefined):
			fault(CheckTotal, "the policy gives no answer at all; add a default that permits nothing")
			continue
		case err != nil:
			fault(CheckTotal, "%v", err)
			continue
		}
		values[i] = v
		input = s.appendInput(input[:0], a.mask)
		out, err := compiled.Evaluate(ctx, entry, input)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil {
			err = sameAnswer(v, out)
		}
		if err != nil {
			fault(CheckEngines, "OPA's interpreter and the compiled policy disagree, so neither can be trusted: %v", err)
		}
	}
	return nil
}

func (in *interrogation) merge(fired firing) {
	in.mu.Lock()
	defer in.mu.Unlock()
	for rule := range fired {
		in.fired[rule] = true
	}
}

// number gives each different answer a number, in the order in which they first come.
func (a *answered) number(values []ast.Value) error {
	numbers := map[string]uint16{}
	a.Index = make([]uint16, len(values))
	for i, v := range values {
		if v == nil {
			continue // it is a finding
		}
		text := canonical(v)
		n, ok := numbers[text]
		if !ok {
			if len(a.Texts) > math.MaxUint16 {
				return fmt.Errorf("data.%s has more than %d different answers", a.Document, math.MaxUint16)
			}
			n = uint16(len(a.Texts))
			numbers[text] = n
			a.Texts = append(a.Texts, text)
		}
		a.Index[i] = n
	}
	return nil
}

// firing collects the rules that held in an evaluation.
type firing map[*ast.Rule]bool

// Enabled is part of topdown.QueryTracer.
func (f firing) Enabled() bool { return true }

// Config is part of topdown.QueryTracer.
func (f firing) Config() topdown.TraceConfig { return topdown.TraceConfig{} }

// TraceEvent is part of topdown.QueryTracer.
func (f firing) TraceEvent(e topdown.Event) {
	if e.Op != topdown.ExitOp {
		return
	}
	if rule, ok := e.Node.(*ast.Rule); ok {
		f[rule] = true
	}
}
