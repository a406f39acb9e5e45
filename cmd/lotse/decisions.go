package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/lotse-edge/lotse/policies/decisions"
)

const decisionsAbout = `
Shows what the policies decided: one line for each decision, with its sequence, the minute in which its part of the log was
begun, the digest of the table and the row that answered. There is no finer time, and nothing of a visitor. A server may run
meanwhile; its last second is not there yet.

--counts shows instead how often each row answered, exactly, also for what the log does not hold any more.
--opa    prints events of OPA's decision log, one JSON object a line.`

// decisionsCall is one call of lotse policy decisions.
type decisionsCall struct {
	env      *environment
	files    decisionFiles
	from     uint64
	limit    uint64
	json     bool
	opa      *decisions.OPA // nil: not asked for
	describe decisions.Describe
	damaged  bool
}

// policyDecisions is lotse policy decisions.
func policyDecisions(ctx context.Context, env *environment, args []string) int {
	return runDecisions(ctx, env, args, func(data string) decisions.Describe { return newPastTables(env, data).describe })
}

// runDecisions is policyDecisions, with what tells of a server's folder what rows stand for.
func runDecisions(ctx context.Context, env *environment, args []string, describer func(data string) decisions.Describe) int {
	f := newFlags(env, "policy decisions", "", decisionsAbout)
	c := decisionsCall{env: env}
	data := f.String("data", "data", "the server's `folder`")
	f.Uint64Var(&c.from, "from", 1, "begin with this `sequence`")
	f.Uint64Var(&c.limit, "limit", 0, "show at most this `number`; 0: all")
	counts := f.Bool("counts", false, "show how often each row answered")
	opa := f.Bool("opa", false, "print events of OPA's decision log")
	f.BoolVar(&c.json, "json", false, "print JSON: one object a line, or one for --counts")
	if _, exit, ok := f.parse(args, 0); !ok {
		return exit
	}
	switch {
	case *counts && (*opa || set(f.FlagSet, "from") || set(f.FlagSet, "limit")):
		return f.misuse("--counts is of all decisions: it takes no --from, --limit or --opa")
	case *opa && c.json:
		return f.misuse("--opa is JSON already: it takes no --json")
	}
	describe := describer(*data)
	if c.json {
		c.describe = describe
	}
	if *opa {
		c.opa = &decisions.OPA{Labels: map[string]string{"id": "lotse"}, Describe: describe}
	}
	c.files = decisionFiles{filepath.Join(env.path(*data), "decisions")}
	if _, err := os.Stat(c.files.dir); errors.Is(err, fs.ErrNotExist) {
		return env.fail(f.Name(), fmt.Errorf("%s holds no decisions: --data names the folder of a server", *data))
	}
	out := bufio.NewWriter(env.stdout)
	show := c.showLog
	if *counts {
		show = c.showCounts
	}
	if err := errors.Join(show(ctx, out), out.Flush()); err != nil {
		return env.fail(f.Name(), err)
	}
	if c.damaged {
		return exitFailed
	}
	return exitOK
}

// warn tells of damage, after which there is more to show.
func (c *decisionsCall) warn(err error) {
	c.damaged = true
	fmt.Fprintf(c.env.stderr, "lotse policy decisions: %v\n", err)
}

// decisionJSON is one entry of the log.
type decisionJSON struct {
	Sequence uint64    `json:"sequence"`
	Count    uint64    `json:"count,omitempty"` // of a tally
	Minute   time.Time `json:"segment_begun"`
	Table    string    `json:"table"`
	Row      uint32    `json:"row"`
	*documents
}

// documents are what a row stands for.
type documents struct {
	Input  json.RawMessage `json:"input"`
	Result json.RawMessage `json:"result"`
	IDs    []string        `json:"ids,omitempty"`
}

func (c *decisionsCall) describeRow(d decisions.Digest, key uint32) *documents {
	if c.describe == nil {
		return nil
	}
	input, result, ids, ok := c.describe(d, key)
	if !ok {
		return nil
	}
	return &documents{input, result, ids}
}

func (c *decisionsCall) showLog(ctx context.Context, w io.Writer) error {
	r, err := decisions.Read(c.files, c.from)
	if err != nil {
		return err
	}
	defer r.Close()
	var line []byte
	for n := uint64(0); (c.limit == 0 || n < c.limit) && ctx.Err() == nil; {
		e, err := r.Next()
		if _, ok := errors.AsType[*decisions.DamageError](err); ok {
			c.warn(err)
			continue
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if line, err = c.appendEntry(line[:0], &e); err != nil {
			return err
		}
		if _, err := w.Write(line); err != nil {
			return err
		}
		n++
	}
	return ctx.Err()
}

func (c *decisionsCall) appendEntry(dst []byte, e *decisions.Entry) ([]byte, error) {
	if c.opa != nil {
		return c.opa.Append(dst, e)
	}
	if c.json {
		v := decisionJSON{e.Sequence, 0, e.Minute, e.Digest.String(), e.Key, c.describeRow(e.Digest, e.Key)}
		if e.Tally {
			v.Count = e.Count
		}
		line, err := json.Marshal(v)
		return append(append(dst, line...), '\n'), err
	}
	dst = fmt.Appendf(dst, "%d\t%s\t%s\trow %d", e.Sequence, e.Minute.Format("2006-01-02T15:04Z"), e.Digest, e.Key)
	if e.Tally {
		dst = fmt.Appendf(dst, "\t%d times, places lost", e.Count)
	}
	return append(dst, '\n'), nil
}

// countsJSON is what --counts --json prints.
type countsJSON struct {
	Sequence uint64      `json:"sequence"`
	Missing  uint64      `json:"missing"`
	Tables   []tableJSON `json:"tables"`
}

type tableJSON struct {
	Table string    `json:"table"`
	Total uint64    `json:"total"`
	First time.Time `json:"first"`
	Last  time.Time `json:"last"`
	Rows  []rowJSON `json:"rows"` // those that answered most often first
}

type rowJSON struct {
	Row   uint32 `json:"row"`
	Count uint64 `json:"count"`
	*documents
}

func (c *decisionsCall) showCounts(_ context.Context, w io.Writer) error {
	counts, err := decisions.ReadCounts(c.files, c.warnDamage)
	if err != nil {
		return err
	}
	v := countsJSON{Sequence: counts.Sequence, Missing: counts.Missing, Tables: []tableJSON{}}
	for _, t := range counts.Tables {
		table := tableJSON{t.Digest.String(), t.Total, t.First, t.Last, make([]rowJSON, 0, len(t.Rows))}
		for key, n := range t.Rows {
			table.Rows = append(table.Rows, rowJSON{key, n, c.describeRow(t.Digest, key)})
		}
		slices.SortFunc(table.Rows, func(a, b rowJSON) int {
			return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Row, b.Row))
		})
		v.Tables = append(v.Tables, table)
	}
	if c.json {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(v)
	}
	return v.print(w)
}

// warnDamage passes over the end that a running server is still writing.
func (c *decisionsCall) warnDamage(err error) {
	if _, ok := errors.AsType[*decisions.DamageError](err); ok {
		c.warn(err)
	}
}

func (v *countsJSON) print(w io.Writer) error {
	fmt.Fprintf(w, "%d decisions, %d missing\n", v.Sequence, v.Missing)
	for _, t := range v.Tables {
		fmt.Fprintf(w, "\ntable %s: %d decisions, %s to %s\n", t.Table, t.Total, t.First.Format("2006-01-02 15:04"), t.Last.Format("2006-01-02 15:04 UTC"))
		for _, r := range t.Rows {
			fmt.Fprintf(w, "  row %6d  %12d\n", r.Row, r.Count)
		}
	}
	return nil
}
