package main

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"
)

// A mapping that is taken never breaks on a row: it gives a body that is JSON, or an error that names a column. And what
// is in a row's cells does not show up in an error.
func FuzzMapping(f *testing.F) {
	sample, err := os.ReadFile("samples/education/mapping.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(sample), "2.0")
	f.Add("key: A\nfields: {b: {column: B, type: date, layout: 02.01.2006}}", "31.01.2026")
	f.Add("key: A\nevents: [{count: B, event: e, properties: {x: 1e3, y: .inf}}]", "7")
	f.Add("key: A\ntime: {column: B, layout: 15:04}\nconsent: {at: now, purposes: {p: {column: C, values: {a: granted}}}}", "a")
	f.Fuzz(func(t *testing.T, document, cell string) {
		m, err := parseMapping("m.yaml", []byte(document))
		if err != nil {
			if !strings.HasPrefix(err.Error(), "m.yaml:") {
				t.Fatalf("an error without its file: %v", err)
			}
			return
		}
		columns := m.columns()
		var header, row []string
		seen := map[string]bool{}
		for _, c := range columns {
			if !seen[c.name] {
				seen[c.name] = true
				header, row = append(header, c.name), append(row, cell)
			}
		}
		if err := m.bind("m.yaml", header); err != nil {
			t.Fatalf("columns of its own are missing: %v", err)
		}
		body, err := m.request(row, time.Unix(1e9, 0))
		switch wrong, ok := errors.AsType[*columnError](err); {
		case err == nil && !json.Valid(body):
			t.Fatal("the body is not JSON")
		case err != nil && !ok:
			t.Fatalf("an error without its column: %v", err)
		case err != nil && len(cell) > 12 && strings.Contains(wrong.message, cell):
			t.Fatal("an error tells a value")
		}
	})
}
