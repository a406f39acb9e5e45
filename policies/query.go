package policies

import (
	"context"
	"errors"
	"fmt"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/metrics"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/topdown"
)

// Why an evaluation gives nothing.
var (
	errUndefined = errors.New("the policy gives no answer")
	errTooLong   = errors.New("the policy takes too many steps")
)

// maxSteps ends an evaluation that does not end by itself. A decision takes some hundred steps; only a tenant's rule can
// loop. A number of steps is the same on every machine and under every load, which a time is not.
const maxSteps = 200_000

// meter counts the steps of one evaluation, through the question that OPA asks before each of them.
type meter struct {
	ctx   context.Context
	steps int
}

func (m *meter) Cancel() { m.steps = maxSteps }

func (m *meter) Cancelled() bool {
	m.steps++
	return m.steps > maxSteps || m.steps%1024 == 0 && m.ctx.Err() != nil
}

// query is a prepared query. It is safe for concurrent use.
type query struct {
	text     string
	prepared rego.PreparedEvalQuery
	txn      storage.Transaction
}

// ask evaluates the query in OPA's interpreter and returns its only answer.
func (q *query) ask(ctx context.Context, input ast.Value, tracers ...topdown.QueryTracer) (ast.Value, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	steps := &meter{ctx: ctx} // OPA's own way to watch a context would start a goroutine for each evaluation
	options := []rego.EvalOption{
		rego.EvalTransaction(q.txn), rego.EvalMetrics(metrics.NoOp()), rego.EvalExternalCancel(steps),
		rego.EvalGenerateJSON(func(t *ast.Term, _ *rego.EvalContext) (any, error) { return t.Value, nil }),
	}
	for _, t := range tracers {
		options = append(options, rego.EvalQueryTracer(t))
	}
	if input != nil {
		options = append(options, rego.EvalParsedInput(input))
	}
	results, err := q.prepared.Eval(ctx, options...)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case steps.steps > maxSteps:
		return nil, fmt.Errorf("evaluate %s: %w", q.text, errTooLong)
	case err != nil:
		return nil, fmt.Errorf("evaluate %s: %w", q.text, err)
	}
	if len(results) != 1 || len(results[0].Expressions) != 1 {
		return nil, fmt.Errorf("evaluate %s: %w", q.text, errUndefined)
	}
	value, ok := results[0].Expressions[0].Value.(ast.Value)
	if !ok {
		return nil, fmt.Errorf("evaluate %s: %w", q.text, errUndefined)
	}
	return value, nil
}

// isUndefined tells that a query has no answer, which for a law means that it is not broken.
func isUndefined(err error) bool { return errors.Is(err, errUndefined) }
