package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/lotse-edge/lotse/rules"
	"github.com/lotse-edge/lotse/runtime"
	"github.com/lotse-edge/lotse/sdk/abi"
)

const rulesRunAbout = `
Evaluates one record and prints what the rule says of it, what that cost, and the key of the result: under the same key the
answer and the fuel are the same on every machine. The record is JSON, by the names that lotse rules check lists; what is not named
is absent. To try a rule on a visitor and events instead, see lotse help rules test.

  echo '{"time": "2026-01-31T12:00:00Z", "features": {"count-page_view-90d": 3, "country": "DE"}}' > record.json
  lotse rules run my-tenant/rules/interest.yaml --record record.json`

func rulesRun(ctx context.Context, env *environment, args []string) int {
	c := newRulesCall(env, "run", rulesRunAbout)
	c.StringVar(&c.record, "record", "", "`file` with the record, as JSON")
	operands, exit, ok := c.parse(args, 1)
	switch {
	case !ok:
		return exit
	case c.record == "":
		return c.misuse("needs --record FILE")
	}
	c.file = operands[0]
	return c.load(ctx, c.run)
}

// recordFile is a record as people write it.
type recordFile struct {
	Time     time.Time      `json:"time"` // of the evaluation; the beginning of 1970 where it is left out, never now
	Features map[string]any `json:"features"`
}

func (c *rulesCall) readRecord(m *abi.Manifest) ([]byte, error) {
	if c.record == "" {
		return emptyRecord(m)
	}
	file, err := c.readRecordFile()
	if err != nil {
		return nil, err
	}
	record, err := recordOf(m, file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.record, err)
	}
	return record, nil
}

func (c *rulesCall) readRecordFile() (file recordFile, err error) {
	b, err := os.ReadFile(c.env.path(c.record))
	if err != nil {
		return file, err
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&file); err != nil {
		return file, fmt.Errorf("%s: %w", c.record, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return file, fmt.Errorf("%s: something follows the record", c.record)
	}
	return file, nil
}

func recordOf(m *abi.Manifest, file recordFile) ([]byte, error) {
	values, err := recordValues(m, file)
	if err != nil {
		return nil, err
	}
	var millis int64
	if !file.Time.IsZero() {
		millis = file.Time.UnixMilli()
	}
	return abi.AppendRecord(nil, millis, values)
}

// recordValues puts named features into the order of the manifest.
func recordValues(m *abi.Manifest, file recordFile) ([]abi.Value, error) {
	values := make([]abi.Value, len(m.Reads))
	names := make([]string, len(m.Reads))
	var errs []error
	for i, f := range m.Reads {
		names[i], values[i].Type = f.Name, f.Type
		given, ok := file.Features[f.Name]
		if !ok || given == nil {
			continue
		}
		v := &values[i]
		v.Present = true
		switch given := given.(type) {
		case float64:
			v.Number = given
			ok = f.Type == abi.Number
		case bool:
			if given {
				v.Number = 1
			}
			ok = f.Type == abi.Boolean
		case string:
			v.Text = given
			ok = f.Type == abi.String
		default:
			ok = false
		}
		if !ok {
			errs = append(errs, fmt.Errorf("feature %s is a %s", f.Name, f.Type))
		}
	}
	for name := range file.Features {
		if !slices.Contains(names, name) {
			err := fmt.Errorf("the manifest reads no feature %q", name)
			if near := rules.Nearest(name, names); near != "" {
				err = fmt.Errorf("%w (did you mean %s?)", err, near)
			}
			errs = append(errs, err)
		}
	}
	if len(errs) > 0 {
		slices.SortFunc(errs, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
		return nil, errors.Join(errs...)
	}
	return values, nil
}

// result is what run prints as JSON.
type result struct {
	Entries  []entryJSON `json:"entries"`
	Fault    string      `json:"fault,omitempty"`
	Fuel     int64       `json:"fuel"`
	Budget   int64       `json:"budget"`
	Granules int         `json:"granules"` // pieces of memory that the module wrote to
	Restored int         `json:"restored"` // bytes
	Key      runtime.Key `json:"key"`
}

type entryJSON struct {
	Score   string   `json:"score,omitempty"`
	Reason  string   `json:"reason,omitempty"`
	Points  *float64 `json:"points,omitempty"`
	Segment string   `json:"segment,omitempty"`
	Trait   string   `json:"trait,omitempty"`
	Value   string   `json:"value,omitempty"`
}

func (c *rulesCall) run(ctx context.Context, m *runtime.Module) error {
	record, err := c.readRecord(m.Manifest())
	if err != nil {
		return err
	}
	entries, used, err := m.Measure(ctx, record, nil)
	r := result{
		Entries: named(m.Manifest(), entries), Fuel: used.Fuel, Budget: m.Fuel(), Granules: used.Granules,
		Restored: used.Restored, Key: m.Key(record),
	}
	var fault *runtime.Fault
	if errors.As(err, &fault) {
		r.Fault = fault.Kind.String() + ": " + fault.Err.Error()
	} else if err != nil {
		return err
	}
	if c.json {
		if err := c.print(r); err != nil {
			return err
		}
	} else if _, err := io.WriteString(c.env.stdout, r.text()); err != nil {
		return err
	}
	if fault != nil {
		return fault
	}
	return nil
}

// named puts the manifest's names in place of its indexes. The host has checked the entries.
func named(m *abi.Manifest, entries []abi.Entry) []entryJSON {
	list := make([]entryJSON, 0, len(entries))
	for _, e := range entries {
		switch e.Kind {
		case abi.ScoreEntry:
			s := m.Emits.Scores[e.Index]
			list = append(list, entryJSON{Score: s.Name, Reason: s.Reasons[e.Reason], Points: &e.Number})
		case abi.SegmentEntry:
			list = append(list, entryJSON{Segment: m.Emits.Segments[e.Index]})
		case abi.TraitEntry:
			t := m.Emits.Traits[e.Index]
			list = append(list, entryJSON{Trait: t.Name, Value: t.Values[e.Reason]})
		}
	}
	return list
}

func (r *result) text() string {
	var b strings.Builder
	for _, e := range r.Entries {
		switch {
		case e.Score != "":
			fmt.Fprintf(&b, "score %s: %v for %s\n", e.Score, *e.Points, e.Reason)
		case e.Segment != "":
			fmt.Fprintf(&b, "segment %s\n", e.Segment)
		default:
			fmt.Fprintf(&b, "trait %s: %s\n", e.Trait, e.Value)
		}
	}
	if len(r.Entries) == 0 {
		b.WriteString("nothing\n")
	}
	fmt.Fprintf(&b, "\nfuel    %d of %d\nmemory  %d of 64 pieces written, %d bytes restored\n", r.Fuel, r.Budget, r.Granules, r.Restored)
	fmt.Fprintf(&b, "key     module %s\n        instrumenter %d, prices %d\n        record %s\n", r.Key.Module, r.Key.Instrumenter, r.Key.Prices, r.Key.Record)
	return b.String()
}
