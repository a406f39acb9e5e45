package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/lotse-edge/lotse/runtime"
	"github.com/lotse-edge/lotse/sdk/abi"
)

const rulesBenchAbout = `
Measures evaluations, one after the other on one processor; of the empty record, where there is no --record.

  lotse rules bench my-tenant/rules/interest.yaml --record record.json`

func rulesBench(ctx context.Context, env *environment, args []string) int {
	c := newRulesCall(env, "bench", rulesBenchAbout)
	c.StringVar(&c.record, "record", "", "`file` with the record, as JSON")
	c.DurationVar(&c.time, "time", 2*time.Second, "how long to measure")
	operands, exit, ok := c.parse(args, 1)
	switch {
	case !ok:
		return exit
	case c.time <= 0 || c.time > time.Hour:
		return c.misuse("--time is between nothing and an hour")
	}
	c.file = operands[0]
	return c.load(ctx, c.bench)
}

// benchResult is what bench prints as JSON. Times are in nanoseconds.
type benchResult struct {
	Calls    int     `json:"calls"`
	Rate     float64 `json:"calls_per_second"`
	P50      int64   `json:"p50_ns"`
	P99      int64   `json:"p99_ns"`
	Fuel     int64   `json:"fuel"`
	Restored int     `json:"restored"` // bytes
}

// bench evaluates for half of the time without looking at the clock, which gives the rate, and for the other half with a
// look at it before and after each call, which gives the percentiles.
func (c *rulesCall) bench(ctx context.Context, m *runtime.Module) error {
	record, err := c.readRecord(m.Manifest())
	if err != nil {
		return err
	}
	entries := make([]abi.Entry, 0, abi.MaxEntries)
	_, used, err := m.Measure(ctx, record, entries)
	if err != nil {
		return err
	}
	r := benchResult{Fuel: used.Fuel, Restored: used.Restored}
	const batch = 64
	start := time.Now()
	for time.Since(start) < c.time/2 && ctx.Err() == nil {
		for range batch {
			if _, err := m.Evaluate(ctx, record, entries); err != nil {
				return err
			}
		}
		r.Calls += batch
	}
	r.Rate = float64(r.Calls) / time.Since(start).Seconds()

	const most = 1 << 20 // of times to keep
	took := make([]time.Duration, 0, most)
	for begin := time.Now(); len(took) < most && time.Since(begin) < c.time/2 && ctx.Err() == nil; {
		for range batch {
			t := time.Now()
			if _, err := m.Evaluate(ctx, record, entries); err != nil {
				return err
			}
			took = append(took, time.Since(t))
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	slices.Sort(took)
	r.P50, r.P99 = int64(took[len(took)/2]), int64(took[len(took)*99/100])
	if c.json {
		return c.print(r)
	}
	_, err = fmt.Fprintf(c.env.stdout, "%.0f calls a second\np50 %v, p99 %v (the clock's own cost included)\nfuel %d of %d\n%d bytes restored\n",
		r.Rate, time.Duration(r.P50), time.Duration(r.P99), r.Fuel, m.Fuel(), r.Restored)
	return err
}
