package runtime_test

import (
	"context"
	"testing"
)

// Modules that try to remember a visitor: each answers with what it finds, and then hides the secret of its record.

// calls with random secrets of each; those of whose records some run out of fuel or stack are dearer.
const (
	leakCalls = 3000
	slowCalls = 300
)

// quiet is a record whose secret is 1, with which nothing fails.
var quiet = append(make([]byte, 8), 1, 0, 0, 0, 0, 0, 0, 0, 1)

func leaks() (list []hostileTest) {
	for name, calls := range map[string]int{
		"07-initialise-grows":             leakCalls,
		"09-grow-to-the-maximum":          leakCalls,
		"09-grow-one-page-at-a-time":      leakCalls,
		"17-data-that-overlaps":           leakCalls,
		"20-memory":                       leakCalls,
		"20-straddles":                    leakCalls,
		"20-straddles-in-a-large-memory":  leakCalls,
		"20-narrow-straddles":             leakCalls,
		"20-globals":                      leakCalls,
		"20-shadow-stack":                 leakCalls,
		"20-stale-locals":                 leakCalls,
		"20-buffers":                      leakCalls,
		"21-trap-after-stores":            leakCalls,
		"21-fuel-after-stores":            slowCalls,
		"21-stack-after-stores":           slowCalls,
		"21-unreachable-in-a-nested-call": leakCalls,
		"21-bad-answer-after-stores":      leakCalls,
		"22-large-offsets":                leakCalls,
		"22-bulk-across-borders":          leakCalls,
		"27-reads-the-undeclared":         leakCalls,
	} {
		list = append(list, hostileTest{name: name, run: func(t *testing.T) {
			h := hostileHost(t, 1)
			neighbour := load(t, h, source(t, name)) // the same bytes, another tenant's
			m := load(t, h, source(t, name))
			within(t, func() {
				first := points(t, neighbour, quiet)
				hunt(t, m, calls)
				if got := points(t, neighbour, quiet); got != first {
					t.Errorf("the next tenant found %v, and %v before", got, first)
				}
			})
			if err := m.Close(context.Background()); err != nil {
				t.Error(err)
			}
		}})
	}
	return list
}
