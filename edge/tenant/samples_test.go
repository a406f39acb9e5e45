package tenant_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
	"testing"

	"github.com/lotse-edge/lotse/edge/tenant"
	"github.com/lotse-edge/lotse/sdk/abi"
)

// samples is where the sample tenants stand, seen from this package.
const samples = "../../cmd/lotse/samples"

// stubs are the manifests that stand in for modules whose sources are not built here: what the samples' documents refer to.
var stubs = map[string][]abi.Manifest{
	"winery": {
		{Name: "interest", Reads: []abi.Feature{{Name: "views", Type: abi.Number, Aggregate: abi.Count, Event: "page_view"}}, Emits: abi.Emits{Scores: []abi.Score{{Name: "interest", Reasons: []string{"page"}}}}},
		{Name: "fit", Reads: []abi.Feature{{Name: "country", Type: abi.String}}, Emits: abi.Emits{Scores: []abi.Score{{Name: "fit", Reasons: []string{"region"}}}}},
		{Name: "segments", Reads: []abi.Feature{{Name: "customer_type", Type: abi.String}}, Emits: abi.Emits{
			Segments: []string{"gastronomy-de", "private-regular", "export-trade", "sparkling-lovers", "tasting-guests"},
			Traits:   []abi.Trait{{Name: "persona", Values: []string{"explorer", "connoisseur", "host", "professional"}}},
		}},
	},
	"education": {
		{Name: "interest", Reads: []abi.Feature{{Name: "views", Type: abi.Number, Aggregate: abi.Count, Event: "page_view"}}, Emits: abi.Emits{Scores: []abi.Score{{Name: "interest", Reasons: []string{"page"}}}}},
		{Name: "fit", Reads: []abi.Feature{{Name: "occupation", Type: abi.String}}, Emits: abi.Emits{Scores: []abi.Score{{Name: "fit", Reasons: []string{"occupation"}}}}},
	},
}

const emptyModule = "\x00asm\x01\x00\x00\x00"

// module makes a module without code that has the manifest.
func module(t testing.TB, m abi.Manifest) []byte {
	t.Helper()
	m.ABI, m.Version = abi.Version, "1.0.0"
	if m.Purpose == "" {
		m.Purpose = "profiling"
	}
	raw, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return withManifest(t, raw)
}

func withManifest(t testing.TB, raw []byte) []byte {
	t.Helper()
	wasm, err := abi.AppendManifest([]byte(emptyModule), raw)
	if err != nil {
		t.Fatal(err)
	}
	return wasm
}

// sample reads a sample tenant's folder as lotse apply does, with modules that have the manifests of the sources beside
// them, or stubs.
func sample(t testing.TB, name string) map[string][]byte {
	t.Helper()
	folder := os.DirFS(path.Join(samples, name))
	files, _, err := tenant.ReadFS(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range stubs[name] {
		file := "rules/" + m.Name + ".wasm"
		raw, err := fs.ReadFile(folder, "rules/"+m.Name+"/manifest.json")
		switch {
		case err == nil:
			files[file] = withManifest(t, raw)
		case errors.Is(err, fs.ErrNotExist):
			files[file] = module(t, m)
		default:
			t.Fatal(err)
		}
	}
	return files
}

func TestSamples(t *testing.T) {
	for name := range stubs {
		t.Run(name, func(t *testing.T) {
			c, warnings, err := tenant.Load(sample(t, name))
			if err != nil {
				t.Fatal(err)
			}
			for _, w := range warnings {
				t.Errorf("warning: %s", w)
			}
			if c.ID != name {
				t.Errorf("the id is %q", c.ID)
			}
			seen := map[string]bool{}
			for _, f := range c.Fields {
				seen[f.Category.String()] = true
			}
			if name == "winery" && (len(c.Fields) < 20 || len(seen) != 7) {
				t.Errorf("%d fields of %d categories", len(c.Fields), len(seen))
			}
		})
	}
}

// A newcomer copies from the samples: nothing in them may need more than the reference says.
func TestSamplesAreReadable(t *testing.T) {
	for name := range stubs {
		files, _, err := tenant.ReadFS(os.DirFS(path.Join(samples, name)))
		if err != nil {
			t.Fatal(err)
		}
		for file, data := range files {
			if !strings.HasSuffix(file, ".yaml") || file == "keys.yaml" { // keys.yaml is written by lotse key
				continue
			}
			if !strings.HasPrefix(string(data), "#") {
				t.Errorf("%s/%s does not begin with what it is", name, file)
			}
			for i, line := range strings.Split(string(data), "\n") {
				if len([]rune(line)) > 125 || strings.HasSuffix(line, " ") || strings.Contains(line, "\t") {
					t.Errorf("%s", fmt.Sprintf("%s/%s:%d: too long, or white space at its end", name, file, i+1))
				}
			}
		}
	}
}
