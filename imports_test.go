package lotse_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
)

const module = "github.com/lotse-edge/lotse"

// level orders the rooms: a room imports only rooms with a smaller level. Rooms on one level never import each other.
var level = map[string]int{
	"sdk":          0,
	"sdk/abi":      0,
	"sdk/go":       1,
	"runtime/wasm": 1,

	"sdk/go/lotsetest":      2, // for authors' tests
	"runtime/wasm/wasmtest": 2, // for our own
	"rules":                 2,
	"policies":              2,
	"policies/ledger":       2,
	"policies/decisions":    2, // the edge appends to it; it knows no policy
	"runtime":               2,
	"rules/compile":         3,
	"edge/tenant":           3,
	"edge/profile":          4,
	"edge/consent":          4,
	"edge/content":          4,
	"edge/forms":            4,
	"edge/notice":           4,
	"edge":                  5,
	"cmd/lotse":             6,
}

// only names the one room that may import a library.
var only = map[string]string{
	"github.com/valyala/fasthttp":         "edge",
	"github.com/tetratelabs/wazero":       "runtime",
	"github.com/open-policy-agent/opa":    "policies",
	"github.com/dgraph-io/badger/v4":      "edge/profile",
	"go.yaml.in/yaml/v3":                  "edge/tenant rules/compile cmd/lotse",
	"cel.dev/cel-go":                      "rules/compile",
	"cel.dev/expr":                        "rules/compile",
	"github.com/prometheus/client_golang": "edge",
	"golang.org/x/mod":                    "policies/ledger",
}

// system is what only cmd/lotse touches: the process and its surroundings. The store opens the folder that it is given.
var system = map[string]string{"os": "edge/profile", "os/exec": "", "os/signal": "", "flag": "", "syscall": ""}

type listed struct {
	ImportPath string
	Imports    []string
}

func TestImports(t *testing.T) {
	packages := list(t)
	if len(packages) < 10 {
		t.Fatalf("go list found %d packages; the test looks at nothing", len(packages))
	}
	for _, p := range packages {
		room := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
		if room == "" {
			continue
		}
		for _, problem := range check(room, p.Imports) {
			t.Error(problem)
		}
	}
}

func TestImportsFindsWhatIsWrong(t *testing.T) {
	for _, c := range []struct{ room, imported, want string }{
		{"rules", module + "/runtime", "one level"},
		{"policies", module + "/edge", "upwards"},
		{"edge/content", module + "/edge/forms", "one level"},
		{"sdk/abi", "github.com/google/go-cmp/cmp", "standard library"},
		{"rules", "github.com/tetratelabs/wazero/api", "only runtime"},
		{"edge", "github.com/dgraph-io/badger/v4", "only edge/profile"},
		{"edge/tenant", module + "/rules/compile", "one level"},
		{"rules", "cel.dev/cel-go/cel", "only rules/compile"},
		{"edge", "os", "only cmd/lotse"},
		{"elsewhere", "fmt", "not a room"},
	} {
		problems := check(c.room, []string{c.imported})
		if len(problems) == 0 || !strings.Contains(problems[0], c.want) {
			t.Errorf("%s importing %s: got %q, want a problem with %q", c.room, c.imported, problems, c.want)
		}
	}
	if problems := check("edge", []string{module + "/edge/profile", "github.com/valyala/fasthttp", "fmt"}); len(problems) > 0 {
		t.Errorf("edge with its own imports: %q", problems)
	}
}

// check tells what is wrong with a room's imports.
func check(room string, imports []string) (problems []string) {
	if strings.HasPrefix(room, "cmd/lotse/samples/") || strings.HasPrefix(room, "sdk/go/samples/") {
		return nil // sample modules: guests, built for another system
	}
	own, ok := level[room]
	if !ok {
		return []string{room + " is not a room of this project: give it a level in imports_test.go"}
	}
	for _, path := range imports {
		if other, ok := strings.CutPrefix(path, module+"/"); ok {
			switch theirs, known := level[other]; {
			case !known:
				problems = append(problems, room+" imports "+other+", which is not a room")
			case theirs == own:
				problems = append(problems, room+" imports "+other+" on one level: declare an interface where it is used")
			case theirs > own:
				problems = append(problems, room+" imports "+other+" upwards")
			}
			continue
		}
		if strings.HasPrefix(room, "sdk/") && strings.Contains(strings.SplitN(path, "/", 2)[0], ".") {
			problems = append(problems, room+" imports "+path+": standard library only")
		}
		for library, owners := range only {
			if path == library || strings.HasPrefix(path, library+"/") {
				if !contains(strings.Fields(owners), room) {
					problems = append(problems, room+" imports "+path+": only "+owners+" may")
				}
			}
		}
		if also, is := system[path]; is && own < level["cmd/lotse"] && room != also {
			problems = append(problems, room+" imports "+path+": only cmd/lotse may")
		}
	}
	return problems
}

func contains(list []string, s string) bool {
	for _, have := range list {
		if have == s {
			return true
		}
	}
	return false
}

func list(t *testing.T) (packages []listed) {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}
