package runtime_test

import (
	"strings"
	"testing"

	"github.com/lotse-edge/lotse/runtime"
	"github.com/lotse-edge/lotse/runtime/wasm"
	w "github.com/lotse-edge/lotse/runtime/wasm/wasmtest"
	"github.com/lotse-edge/lotse/sdk/abi"
)

// Modules that never come to a call: the decoder, the contract or the initialisation refuses them.

// What a refusal may allocate, however large the module is: the books of what was read before the problem, or the run of
// an initialisation, in a memory that grows as far as it may.
const (
	refusalMemory    = 256 << 10
	initialiseMemory = 64 << 20
)

func refusals() (list []hostileTest) {
	for name, words := range map[string]string{
		"06-start-loops":    "start function",
		"06-start-imported": "import \"first\" from \"env\"",

		"10-table-of-a-gigabyte": "table entries",
		"10-million-tables":      "1000000 tables",
		"10-table-grows":         "reference types",

		"11-four-billion-locals":        "4294967295 locals",
		"11-locals-whose-sum-overflows": "4294967296 locals",
		"11-million-groups-of-locals":   "bytes in a function",

		"12-nested-loops-with-locals":       "blocks within blocks",
		"12-loops-in-a-row-with-locals":     "loops times locals",
		"13-nested-blocks":                  "bytes in a function",
		"13-nested-blocks-in-a-small-body":  "blocks within blocks",
		"14-branch-table-of-300-thousand":   "bytes in a function",
		"14-branch-tables-in-many-places":   "br_table entries in a function",
		"15-20-thousand-ifs":                "bytes in a function",
		"15-function-of-a-megabyte":         "bytes in a function",
		"15-million-functions":              "1000000 functions",
		"15-million-types":                  "1000000 types",
		"15-million-exports":                "1000000 exports",
		"15-million-custom-sections":        "custom sections",
		"16-overlong-number":                "longer than 32 bits",
		"16-number-of-ten-bytes":            "longer than 32 bits",
		"16-number-beyond-32-bits":          "longer than 32 bits",
		"16-number-cut-off":                 "unexpected end",
		"16-constant-of-eleven-bytes":       "longer than 64 bits",
		"16-section-longer-than-the-file":   "announced",
		"16-section-shorter-than-it-says":   "3 bytes too many",
		"16-vector-that-lies":               "4294967295 elements announced",
		"16-section-twice":                  "twice",
		"16-sections-out-of-order":          "out of order",
		"16-trailing-bytes":                 "longer than 32 bits",
		"16-code-behind-the-end":            "behind the end",
		"16-export-name-not-utf-8":          "UTF-8",
		"16-export-name-overlong-utf-8":     "UTF-8",
		"16-wrong-magic-number":             "not a WebAssembly binary",
		"16-component":                      "binary version",
		"16-nothing":                        "announced",
		"17-data-segments-of-nothing":       "1000000 data segments",
		"17-data-behind-the-end":            "outside the memory",
		"17-data-before-the-beginning":      "outside the memory",
		"17-data-of-nothing-behind-the-end": "outside the memory",

		"18-export-named-as-ours": "export \"__lotse_g0\"",
		"18-export-of-the-fuel":   "not there",
		"18-import-named-as-ours": "import \"__lotse_fuel\" from \"__lotse\"",
		"18-imported-fuel":        "imported global",
		"19-writes-the-fuel":      "no global 1",
		"19-reads-the-mask":       "no global 1",
		"19-writes-a-far-global":  "no global 4294967295",
		"19-calls-the-wrapper":    "no function 4",

		"20-table":        "reference types",
		"20-vector-store": "SIMD",

		"25-input-outside-the-memory": "buffers",
		"25-output-at-4-gigabytes":    "buffers",
		"25-buffers-over-each-other":  "buffers",

		"27-no-manifest":               "no custom section",
		"27-two-manifests":             "manifest",
		"27-manifest-of-16-megabytes":  "bytes",
		"27-manifest-of-5-megabytes":   "manifest",
		"27-feature-of-another-type":   "reads[0].type",
		"27-path-as-a-name":            "manifest",
		"27-prototype-as-a-key":        "__proto__",
		"27-prototype-as-a-feature":    "manifest",
		"27-nested-for-ever":           "manifest",
		"28-ref-func":                  "reference types",
		"07-initialise-loops":          "initialisation",
		"07-initialise-grows-for-ever": "initialisation",
		"07-initialise-traps":          "initialisation",
		"07-initialise-recurses":       "initialisation",
	} {
		list = append(list, hostileTest{name: name, run: func(t *testing.T) {
			h := hostileHost(t, 1)
			neighbour := load(t, h, source(t, "01-infinite-loop"))
			binary := source(t, name)
			within(t, func() {
				most := uint64(refusalMemory)
				if strings.HasPrefix(name, "07") || strings.HasPrefix(name, "25") {
					most = initialiseMemory
				}
				var findings []runtime.Finding
				if n := allocated(func() { findings = refused(t, h, binary) }); n > most {
					t.Errorf("%d bytes were allocated for a module of %d", n, len(binary))
				}
				if !mentions(findings, words) {
					t.Errorf("nothing about %q in %+v", words, findings)
				}
				if got := points(t, neighbour, good); got != 7 {
					t.Errorf("the neighbour: %v points", got)
				}
			})
		}})
	}
	return append(list, hostileTest{
		name:    "35-instrumented-twice",
		sources: []string{"20-globals"},
		run: func(t *testing.T) {
			// What the engine sees is uploaded as if it were a tenant's.
			m, problems := wasm.Decode(source(t, "20-globals"), 0)
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			made, err := wasm.Instrument(m, wasm.Options{
				Calls: []string{abi.ExportEvaluate}, Keep: []string{"memory", abi.ExportInput, abi.ExportOutput, abi.ExportEvaluate},
			})
			if err != nil {
				t.Fatal(err)
			}
			once, err := abi.AppendManifest(made.Binary, []byte(w.Manifest))
			if err != nil {
				t.Fatal(err)
			}
			if findings := refused(t, hostileHost(t, 1), once); !mentions(findings, "export \"__lotse_") {
				t.Errorf("findings: %+v", findings)
			}
		},
	})
}
