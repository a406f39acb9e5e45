package policies

import (
	"context"
	"fmt"
	"sync/atomic"
)

// Config is how an engine is made. Its zero value is the embedded base policy.
type Config struct{}

// Engine answers situations with rows. It remembers each row, so that a situation is evaluated once in an engine's life.
type Engine struct {
	digest  string
	reasons catalogue
	ages    ageTable
	shared  *shared
	answer  func(ctx context.Context, s Situation) (*Row, error) // evaluates; the slow path
	table   *table
}

// A table is the memory of an engine: one page for each kind of purpose, made when a situation of it is first met. Readers
// take no lock.
type (
	table [PurposeCount]atomic.Pointer[page]
	page  [VisitorCount]atomic.Pointer[Row]
)

// New compiles the base policy. Every fault in its sources is in the error, which is SourceErrors.
func New(ctx context.Context, _ Config) (*Engine, error) {
	files, err := baseFiles()
	if err != nil {
		return nil, fmt.Errorf("read the base policy: %w", err)
	}
	return newEngine(ctx, files)
}

func newEngine(ctx context.Context, files map[string]string) (*Engine, error) {
	var f faults
	caps := capabilities()
	modules := parseModules(files, caps, &f)
	if err := f.err(); err != nil {
		return nil, err
	}
	compiler, annotations := compileModules(modules, caps, &f)
	if err := f.err(); err != nil {
		return nil, err
	}
	reasons := annotated(modules, annotations, texts(), &f)
	if err := f.err(); err != nil {
		return nil, err
	}
	data, err := dataOf(files)
	if err != nil {
		return nil, err
	}
	byAge, err := prepare(ctx, "data.privacy.age.table", compiler, caps, data)
	if err != nil {
		return nil, err
	}
	ages, err := readAges(ctx, byAge)
	if err != nil {
		return nil, fmt.Errorf("read the table of ages: %w", err)
	}
	decision, err := prepare(ctx, "data.privacy.decision.purpose", compiler, caps, data)
	if err != nil {
		return nil, err
	}
	e := &Engine{digest: digestOf("base", files), reasons: reasons, ages: ages, shared: newShared(), table: new(table)}
	e.answer = func(ctx context.Context, s Situation) (*Row, error) {
		v, err := decision.ask(ctx, s.input())
		if err != nil {
			return nil, err
		}
		row, err := readAnswer(v).row(s, e.shared)
		if err != nil {
			return nil, err
		}
		return row, e.known(row)
	}
	return e, nil
}

// Decide answers a situation. The row is shared: it must not be changed. An error means that there is no answer, and
// then nothing may be stored or used.
func (e *Engine) Decide(ctx context.Context, s Situation) (*Row, error) {
	key := s.Key()
	if key < SituationCount {
		if p := e.table[key/VisitorCount].Load(); p != nil {
			if row := p[key%VisitorCount].Load(); row != nil {
				return row, nil
			}
		}
	}
	return e.decideFirst(ctx, s, key)
}

// decideFirst evaluates a situation that no one has met yet. Two callers may do so at once: one row is kept for both.
func (e *Engine) decideFirst(ctx context.Context, s Situation, key uint32) (*Row, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	row, err := e.answer(ctx, s)
	if err != nil {
		return nil, fmt.Errorf("decide situation %d: %w", key, err)
	}
	slot := &e.table[key/VisitorCount]
	if slot.Load() == nil {
		slot.CompareAndSwap(nil, new(page))
	}
	cell := &slot.Load()[key%VisitorCount]
	if !cell.CompareAndSwap(nil, row) {
		return cell.Load(), nil
	}
	return row, nil
}

// known checks that every reason of a row can be explained.
func (e *Engine) known(r *Row) error {
	check := func(id string) error {
		if _, ok := e.reasons[id]; !ok {
			return fmt.Errorf("the reason %s has no explanation", id)
		}
		return nil
	}
	for _, list := range [][]string{r.Reasons, r.ProfilingReasons, r.TransferReasons, r.DeviceReasons} {
		for _, id := range list {
			if err := check(id); err != nil {
				return err
			}
		}
	}
	for i := range r.Fields {
		if err := check(r.Fields[i].Reason); err != nil {
			return err
		}
	}
	if r.Retention == "" {
		return nil
	}
	return check(r.Retention)
}

// Digest is a hex SHA-256 over the sources of the policy.
func (e *Engine) Digest() string { return e.digest }
