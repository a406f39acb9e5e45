package policies

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/topdown"
	"github.com/open-policy-agent/opa/v1/util"
)

// TestConformance asks both engines OPA's own conformance cases, as far as they call only what a policy may call. The
// interpreter must give what the case wants, and WebAssembly what the interpreter gives; what differs is in
// knownDifferences with its cause, and nothing else is. Cases with a negation are asked a second time as our policies are
// written, with the import of rego.v2, which changes what a negation means; their answers must not change.
func TestConformance(t *testing.T) {
	all, files := loadCases(t)
	admitted := capabilities()
	questions, refused := sift(all.cases, admitted)
	t.Logf("%d files with %d cases, %d of them in the old syntax and in today's too", files, len(all.cases)+all.rewritten, all.rewritten)
	t.Logf("%d different cases: %d run in both engines, %d are refused", len(all.cases), len(questions), len(all.cases)-len(questions))
	for _, why := range slices.Sorted(maps.Keys(refused)) {
		t.Logf("refused: %4d  %s", refused[why], why)
	}
	if len(questions) < 1500 {
		t.Errorf("only %d cases are run: the list of builtins or the reading of the cases is broken", len(questions))
	}
	var again []*conformanceCase
	for _, q := range questions {
		if v2 := q.withImport(admitted); v2 != nil {
			again = append(again, v2)
		}
	}
	t.Logf("%d of the cases have a negation and are run a second time with rego.v2", len(again))

	asked := append(questions, again...)
	if raceDetector || testing.Short() {
		asked = spread(asked, 16)
	}
	failed, differences := askAll(asked, admitted)
	t.Logf("%d questions asked; %d end with an error in both engines, as they must", len(asked), failed)
	for _, note := range slices.Sorted(maps.Keys(differences)) {
		cause, err := knownDifferences[note], differences[note]
		if cause == "" || errors.Is(err, errOrder) != (cause == causeOrder) {
			t.Errorf("%s: %v", note, err)
			continue
		}
		t.Logf("differs: %s: %v: %s", note, err, cause)
	}
	for note := range knownDifferences {
		if differences[note] == nil && len(asked) == len(questions)+len(again) {
			t.Errorf("%s: differs no more: take it out of the list", note)
		}
	}
	t.Logf("%d differ", len(differences))
}

// spread takes every n-th.
func spread[T any](list []T, n int) (some []T) {
	for chunk := range slices.Chunk(list, n) {
		some = append(some, chunk[0])
	}
	return some
}

// batchSize is how many cases share a binary.
const batchSize = 32

// askAll asks on all processors. It counts the errors in both engines and collects what differs, by the case's note.
func askAll(questions []*conformanceCase, caps *ast.Capabilities) (failed int, differences map[string]error) {
	differences = map[string]error{}
	var (
		mu      sync.Mutex
		workers sync.WaitGroup
		next    = make(chan []*conformanceCase)
	)
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for batch := range next {
				found := askBatch(batch, caps)
				mu.Lock()
				for i, err := range found {
					if errors.Is(err, errBoth) {
						failed++
					} else if err != nil {
						note := batch[i].Note
						differences[note] = errors.Join(differences[note], err)
					}
				}
				mu.Unlock()
			}
		})
	}
	for batch := range slices.Chunk(questions, batchSize) {
		next <- batch
	}
	close(next)
	workers.Wait()
	return failed, differences
}

// errBoth says that neither engine has an answer, which is what the case wants.
var errBoth = errors.New("an error in both engines")

// askBatch asks both engines and compares. There is one result for each case.
func askBatch(batch []*conformanceCase, caps *ast.Capabilities) []error {
	ctx := context.Background()
	answers, errs, err := compiledAnswers(ctx, batch, caps)
	found := make([]error, len(batch))
	for i, c := range batch {
		if err != nil {
			found[i] = fmt.Errorf("compile to WebAssembly: %w", err)
			continue
		}
		found[i] = c.compare(ctx, answers[i], errs[i], caps)
	}
	return found
}

// compare asks the interpreter and holds its answer against the case's and against WebAssembly's.
func (q *conformanceCase) compare(ctx context.Context, answer []byte, failed error, caps *ast.Capabilities) error {
	c := ast.NewCompiler().WithCapabilities(caps)
	if c.Compile(copied(q.modules)); c.Failed() {
		return fmt.Errorf("compile: %w", c.Errors)
	}
	results, err := q.interpret(ctx, c, q.StrictError)
	if err := q.wanted(results, err); err != nil {
		return fmt.Errorf("interpreter: %w", err)
	}
	if q.StrictError {
		// WebAssembly has no strict mode: what a builtin cannot do is undefined there. Its equal is the lenient interpreter.
		results, err = q.interpret(ctx, c, false)
	}
	switch {
	case err != nil && failed != nil:
		return errBoth
	case err != nil:
		return fmt.Errorf("the interpreter gives an error, WebAssembly %s", answer)
	case failed != nil:
		return fmt.Errorf("WebAssembly: %w", failed)
	}
	bound := ast.NewSet()
	for _, r := range results {
		object := ast.NewObject()
		for _, name := range q.names {
			object.Insert(ast.StringTerm(string(name)), r[name])
		}
		bound.Add(ast.NewTerm(object))
	}
	if err := sameAnswer(bound, answer); err != nil {
		return inOrder(err, bound, answer)
	}
	return nil
}

func (q *conformanceCase) data() map[string]any {
	if q.Data == nil {
		return map[string]any{}
	}
	return *q.Data
}

func (q *conformanceCase) interpret(ctx context.Context, c *ast.Compiler, strict bool) (topdown.QueryResultSet, error) {
	query, err := c.QueryCompiler().Compile(q.query.Copy())
	if err != nil {
		return nil, err
	}
	store := inmem.NewFromObject(q.data())
	txn, err := store.NewTransaction(ctx)
	if err != nil {
		return nil, err
	}
	return topdown.NewQuery(query).WithCompiler(c).WithStore(store).WithTransaction(txn).WithInput(q.input).
		WithStrictBuiltinErrors(strict).Run(ctx)
}

// wanted holds the interpreter's answer against the case, as OPA's own test does.
func (q *conformanceCase) wanted(results topdown.QueryResultSet, err error) error {
	switch {
	case q.WantError != nil && (err == nil || !strings.Contains(err.Error(), *q.WantError)):
		return fmt.Errorf("got %v, want an error with %q", err, *q.WantError)
	case q.WantErrorCode != nil:
		if e := (*topdown.Error)(nil); !errors.As(err, &e) || e.Code != *q.WantErrorCode {
			return fmt.Errorf("got %v, want an error of code %s", err, *q.WantErrorCode)
		}
	case q.WantError == nil && err != nil:
		return err
	}
	if q.WantResult == nil {
		return nil
	}
	want, got := ast.NewSet(), ast.NewSet()
	for _, bindings := range *q.WantResult {
		object := ast.NewObject()
		for k, v := range bindings {
			object.Insert(ast.StringTerm(k), ast.NewTerm(ast.MustInterfaceToValue(v)))
		}
		want.Add(ast.NewTerm(object))
	}
	for _, bindings := range results {
		object := ast.NewObject()
		for k, term := range bindings {
			v, err := ast.JSON(term.Value)
			if err != nil {
				return err
			}
			if list, ok := v.([]any); ok && q.SortBindings {
				slices.SortFunc(list, util.Compare)
			}
			if !q.IgnoreGeneratedVars || !k.IsGenerated() {
				object.Insert(ast.StringTerm(string(k)), ast.NewTerm(ast.MustInterfaceToValue(v)))
			}
		}
		got.Add(ast.NewTerm(object))
	}
	if want.Compare(got) != 0 {
		return fmt.Errorf("got %v, want %v", got, want)
	}
	return nil
}
