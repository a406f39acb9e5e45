package policies

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	goruntime "runtime"
	"sync"
	"sync/atomic"

	"github.com/open-policy-agent/opa/v1/ast"
)

// judgement is how much the laws were asked.
type judgement struct {
	rows  int // different ones
	cases int // that a law was evaluated on
	steps int // pairs of situations that were compared
}

// numbered is a table's rows with numbers: what the laws are checked on.
type numbered struct {
	rows      []*Row
	of        []uint32            // the row of each situation
	documents []ast.Value         // by row
	values    map[string][]uint32 // by key of the row's document, then by row: equal numbers are equal values
}

func numberRows(row func(key uint32) *Row) (*numbered, error) {
	n := &numbered{of: make([]uint32, SituationCount), values: map[string][]uint32{}}
	numbers := map[*Row]uint32{}
	for key := range uint32(SituationCount) {
		r := row(key)
		i, ok := numbers[r]
		if !ok {
			i = uint32(len(n.rows))
			numbers[r] = i
			n.rows = append(n.rows, r)
		}
		n.of[key] = i
	}
	seen := map[string]uint32{} // number of each value
	for i, r := range n.rows {
		document := r.Document()
		v, err := ast.InterfaceToValue(document)
		if err != nil {
			return nil, fmt.Errorf("read row %d: %w", i, err)
		}
		n.documents = append(n.documents, v)
		for key, value := range document {
			text, err := json.Marshal(value)
			if err != nil {
				return nil, fmt.Errorf("write %s of row %d: %w", key, i, err)
			}
			number, ok := seen[string(text)]
			if !ok {
				number = uint32(len(seen))
				seen[string(text)] = number
			}
			n.values[key] = append(n.values[key], number)
		}
	}
	return n, nil
}

// classes numbers what a law can tell apart of rows, by row, densely from 0.
func (n *numbered) classes(keys []string) (of []uint32, count uint32) {
	of = make([]uint32, len(n.rows))
	numbers := map[string]uint32{}
	var id []byte
	for i := range n.rows {
		id = id[:0]
		for _, key := range keys {
			id = binary.LittleEndian.AppendUint32(id, n.values[key][i])
		}
		class, ok := numbers[string(id)]
		if !ok {
			class = uint32(len(numbers))
			numbers[string(id)] = class
		}
		of[i] = class
	}
	return of, uint32(len(numbers))
}

// pairSet is a set of pairs of numbers below two bounds.
type pairSet struct {
	width uint64
	dense []bool          // where there is room
	wide  map[uint64]bool // where there is none
}

func newPairSet(a, b uint32) *pairSet {
	s := &pairSet{width: uint64(b)}
	if n := uint64(a) * s.width; n <= 1<<26 {
		s.dense = make([]bool, n)
	} else {
		s.wide = map[uint64]bool{}
	}
	return s
}

// add tells whether a pair is new.
func (s *pairSet) add(a, b uint32) bool {
	i := uint64(a)*s.width + uint64(b)
	if s.dense != nil {
		was := s.dense[i]
		s.dense[i] = true
		return !was
	}
	was := s.wide[i]
	s.wide[i] = true
	return !was
}

// judge holds all laws against a table: each law of violations against every situation, each law of enlargements against every
// step from every situation. What looks alike to a law is judged once, so that a million situations are a few hundred cases.
func judge(ctx context.Context, laws []*law, t *Table) (judgement, error) {
	n, err := numberRows(t.row)
	if err != nil {
		return judgement{}, err
	}
	pairs, count := n.pairs()
	result := judgement{rows: len(n.rows), steps: count}
	var (
		next     atomic.Int64
		mu       sync.Mutex
		findings Findings
		failure  error
		wait     sync.WaitGroup
	)
	for range goruntime.GOMAXPROCS(0) {
		wait.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(laws) {
					return
				}
				cases, finding, err := n.judgeBy(ctx, laws[i], pairs)
				mu.Lock()
				result.cases += cases
				if finding != nil {
					findings = append(findings, finding)
				}
				if err != nil && failure == nil {
					failure = err
				}
				mu.Unlock()
			}
		})
	}
	wait.Wait()
	if failure != nil {
		return judgement{}, failure
	}
	return result, findings.err()
}

func (n *numbered) judgeBy(ctx context.Context, l *law, pairs []pair) (int, *Finding, error) {
	if l.ofStep {
		return n.judgeSteps(ctx, l, pairs)
	}
	return n.judgeSituations(ctx, l)
}

// judgeSituations holds a law of violations against every situation.
func (n *numbered) judgeSituations(ctx context.Context, l *law) (cases int, _ *Finding, _ error) {
	classes, count := n.classes(l.row)
	p := newProjection(l.situation)
	seen := newPairSet(p.count, count)
	for key := range uint32(SituationCount) {
		if !seen.add(p.of(key), classes[n.of[key]]) {
			continue
		}
		cases++
		s, err := SituationOf(key)
		if err != nil {
			return cases, nil, err
		}
		input := ast.NewObject(ast.Item(term("situation"), ast.NewTerm(s.input(allParts))), ast.Item(term("row"), ast.NewTerm(n.documents[n.of[key]])))
		broken, err := l.broken(ctx, input)
		if err != nil {
			return cases, nil, err
		}
		if broken {
			return cases, l.finding(s, ""), nil
		}
	}
	return cases, nil, nil
}

// pair is a step that leads from one row to another.
type pair struct {
	step          uint8
	before, after uint32 // rows
	from, to      uint32 // keys of two situations between which it does
}

// pairs takes every step from every situation, and gives each pair of different rows once.
func (n *numbered) pairs() (all []pair, count int) {
	found := make([][]pair, len(steps))
	counts := make([]int, len(steps))
	var wait sync.WaitGroup
	for i := range steps {
		wait.Go(func() {
			m := movesOf(&steps[i])
			seen := newPairSet(uint32(len(n.rows)), uint32(len(n.rows)))
			for key := range uint32(SituationCount) {
				for _, to := range m.from(key) {
					to += key
					counts[i]++
					if before, after := n.of[key], n.of[to]; before != after && seen.add(before, after) {
						found[i] = append(found[i], pair{uint8(i), before, after, key, to})
					}
				}
			}
		})
	}
	wait.Wait()
	for i := range found {
		all = append(all, found[i]...)
		count += counts[i]
	}
	return all, count
}

// judgeSteps holds a law of enlargements against every step.
func (n *numbered) judgeSteps(ctx context.Context, l *law, pairs []pair) (cases int, _ *Finding, _ error) {
	before, _ := n.classes(l.before)
	after, _ := n.classes(l.after)
	seen := map[[3]uint32]bool{}
	for i := range pairs {
		p := &pairs[i]
		id := [3]uint32{before[p.before], after[p.after], 0}
		if l.step {
			id[2] = uint32(p.step) + 1
		}
		if seen[id] {
			continue
		}
		seen[id] = true
		cases++
		input := ast.NewObject(
			ast.Item(term("step"), term(steps[p.step].id)),
			ast.Item(term("before"), ast.NewTerm(n.documents[p.before])), ast.Item(term("after"), ast.NewTerm(n.documents[p.after])),
		)
		broken, err := l.broken(ctx, input)
		if err != nil {
			return cases, nil, err
		}
		if broken {
			s, err := SituationOf(p.from)
			if err != nil {
				return cases, nil, err
			}
			return cases, l.finding(s, "; then "+steps[p.step].title["en"]), nil
		}
	}
	return cases, nil, nil
}

// finding says that a law is broken in a situation.
func (l *law) finding(s Situation, then string) *Finding {
	return &Finding{
		Check: CheckLaw, File: l.file, Line: l.line, Rule: l.id, Article: l.reason.Article, Situation: &s,
		Message: fmt.Sprintf("the policy breaks the law %s: %s%s", l.id, l.reason.Title["en"], then),
	}
}
