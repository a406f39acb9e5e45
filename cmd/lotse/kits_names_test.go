//go:build kits

package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lotse-edge/lotse/sdk/abi"
)

// A rule that calls every accessor of a manifest with awkward names and texts compiles in every language, without a warning.
func TestKitsNames(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 4))
	names := nastyNames()
	for i := range languages {
		l := &languages[i]
		for built := 0; built < 3; {
			m := nastyManifest(random, names)
			view, err := l.view(m)
			if err != nil {
				continue // names that collide: TestGenerateAnyNames looks at the error
			}
			raw, err := abi.EncodeManifest(m)
			if err != nil {
				t.Fatal(err)
			}
			dir := filepath.Join(t.TempDir(), l.name)
			writeFiles(t, dir, map[string]string{l.main: callsOf(l, view), "manifest.json": string(raw)})
			var warnings strings.Builder
			by := kitCompilers(t)
			by.warnings = &warnings
			wasm, err := moduleSource{"nasty", dir, l}.module(t.Context(), by)
			if err != nil || warnings.Len() > 0 {
				t.Fatalf("%s: %v\n%s\n%s", l.title, err, warnings.String(), raw)
			}
			if in, err := abi.ManifestOf(wasm); err != nil || in.Emits.Scores[0].Name != m.Emits.Scores[0].Name {
				t.Errorf("%s: the manifest inside is another one, %v", l.title, err)
			}
			built++
		}
	}
}

// kitCompilers are those of this run.
func kitCompilers(t *testing.T) compilers {
	t.Helper()
	asc, err := filepath.Abs("../../sdk/assemblyscript/node_modules/.bin/asc")
	if err != nil {
		t.Fatal(err)
	}
	return compilers{map[string]string{"assemblyscript": asc, "rust": os.Getenv("RUSTC"), "c": os.Getenv("CLANG")}, t.Output()}
}

// callsOf writes a rule that calls every function there is.
func callsOf(l *language, v *manifestView) string {
	zero := map[string]string{
		"float64": "0", "string": `""`, "bool": "false", "f64": "0", "double": "0", "lotse_text": `text_of("")`,
	}
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, "    "+format+"\n", args...) }
	var record, answer, end, points string
	switch l.name {
	case "go":
		b.WriteString("package main\n\nfunc evaluate(record Record, answer Answer) {\n")
		record, answer, points = "record.", "answer.", "1"
	case "assemblyscript":
		b.WriteString("import { record, answer } from \"./manifest\";\n\nexport function evaluate(): void {\n")
		record, answer, end, points = "record.", "answer.", ";", "1"
	case "rust":
		b.WriteString("#![cfg_attr(target_arch = \"wasm32\", no_std)]\nmod lotse;\nmod manifest;\nuse lotse::{Answer, Record};\n\nfn evaluate(record: Record, answer: &mut Answer) {\n")
		record, answer, end, points = "record.", "answer.", ";", "1.0"
	case "c":
		b.WriteString("#include \"manifest.h\"\n\nvoid evaluate(void) {\n")
		end, points = ";", "1"
	}
	for _, f := range v.Features {
		if f.Value != "" {
			line("%s%s()%s", record, f.Value, end)
		}
		if f.Or != "" {
			line("%s%s(%s)%s", record, f.Or, zero[f.Native], end)
		}
		if f.Has != "" {
			line("%s%s()%s", record, f.Has, end)
		}
	}
	for _, s := range v.Says {
		given := ""
		if s.Kind == "points" {
			given = points
		}
		line("%s%s(%s)%s", answer, s.Function, given, end)
	}
	return b.String() + "}\n"
}
