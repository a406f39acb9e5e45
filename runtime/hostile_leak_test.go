package runtime_test

import (
	"context"
	"testing"

	"github.com/lotse-edge/lotse/runtime"
)

// Modules that try to remember a visitor: each answers with what it finds, and then hides the secret of its record.

// leakCalls with random secrets are made of each.
const leakCalls = 6000 / slow

// quiet is a record whose secret is 1, with which nothing fails.
var quiet = append(make([]byte, 8), 1, 0, 0, 0, 0, 0, 0, 0, 1)

func leaks() (list []hostileTest) {
	for _, name := range []string{
		"07-initialise-grows",
		"09-grow-to-the-maximum",
		"09-grow-one-page-at-a-time",
		"17-data-that-overlaps",
		"20-memory",
		"20-straddles",
		"20-straddles-in-a-large-memory",
		"20-narrow-straddles",
		"20-globals",
		"20-shadow-stack",
		"20-stale-locals",
		"20-buffers",
		"21-trap-after-stores",
		"21-fuel-after-stores",
		"21-stack-after-stores",
		"21-unreachable-in-a-nested-call",
		"21-bad-answer-after-stores",
		"22-large-offsets",
		"22-bulk-across-borders",
		"27-reads-the-undeclared",
	} {
		list = append(list, hostileTest{name: name, run: func(t *testing.T) {
			h := hostileHost(t, 1)
			neighbour := load(t, h, source(t, name)) // the same bytes, another tenant's
			m := load(t, h, source(t, name))
			within(t, func() {
				first := points(t, neighbour, quiet)
				hunt(t, m, leakCalls)
				for _, who := range []*runtime.Module{m, neighbour} {
					if got := points(t, who, quiet); got != first {
						t.Errorf("the next one found %v, and %v before", got, first)
					}
				}
			})
			if err := m.Close(context.Background()); err != nil {
				t.Error(err)
			}
		}})
	}
	return list
}
