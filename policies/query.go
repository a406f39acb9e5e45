package policies

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/metrics"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/topdown"
)

// errUndefined says that a policy gave no answer, which a total policy never does.
var errUndefined = errors.New("the policy gives no answer")

// evalLimit ends an evaluation that does not. A decision takes some hundred microseconds; only a tenant's rule can loop.
const evalLimit = 2 * time.Second

// query is a prepared query. It is safe for concurrent use.
type query struct {
	text     string
	prepared rego.PreparedEvalQuery
	txn      storage.Transaction
}

// ask evaluates the query in OPA's interpreter and returns its only answer.
func (q *query) ask(ctx context.Context, input ast.Value) (ast.Value, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	// OPA would start a goroutine for each evaluation to watch the context; both of these only cost a registration.
	cancel := topdown.NewCancel()
	defer context.AfterFunc(ctx, cancel.Cancel)()
	defer time.AfterFunc(evalLimit, cancel.Cancel).Stop()

	options := []rego.EvalOption{
		rego.EvalTransaction(q.txn), rego.EvalMetrics(metrics.NoOp()), rego.EvalExternalCancel(cancel),
		rego.EvalGenerateJSON(func(t *ast.Term, _ *rego.EvalContext) (any, error) { return t.Value, nil }),
	}
	if input != nil {
		options = append(options, rego.EvalParsedInput(input))
	}
	results, err := q.prepared.Eval(ctx, options...)
	if err != nil {
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
