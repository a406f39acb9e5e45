//go:build kits

package main

import (
	"os"
	"testing"

	"github.com/lotse-edge/lotse/rules/compile"
)

// ruleFiles is the form that no compiler but ours makes.
func ruleFiles() form {
	text := func(names ...string) (fields []compile.Field) {
		for _, name := range names {
			fields = append(fields, compile.Field{Name: name})
		}
		return fields
	}
	catalogue := compile.Catalogue{
		Purposes: []string{"profiling"},
		Fields: append(text("country", "occupation", "motivation", "specialization", "lead_source", "heard_from"),
			compile.Field{Name: "minutes_on_site", Type: compile.Number}, compile.Field{Name: "do_not_email", Type: compile.Boolean}),
	}
	for _, name := range leadEvents {
		catalogue.Events = append(catalogue.Events, compile.Event{Name: name})
	}
	return form{"rule file", func(t *testing.T, name string) []byte {
		t.Helper()
		raw, err := os.ReadFile("testdata/kits/" + name + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		result, err := compile.Compile(raw, name, catalogue)
		if err != nil {
			t.Fatal(err)
		}
		return result.Wasm
	}}
}
