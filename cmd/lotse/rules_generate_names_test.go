package main

import (
	"fmt"
	"go/ast"
	goimporter "go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/lotse-edge/lotse/sdk/abi"
)

// nastyNames are names that a manifest may have and a language may not like: its words, what the kits use, and what looks like our
// own functions.
func nastyNames() []string {
	names := strings.Fields(`a a-1 a1b x- y__ z9 or has or-or has-has raw record answer result points number text flag init main string error
		nil append len bool float64 value ok absent evaluate rules manifest lotse features says printf double int register signed union
		volatile memory load store min max nan infinity text-of at-most option some none std core u8 str vec string-is i128 isize`)
	for _, l := range languages {
		for word := range strings.FieldsSeq(l.reserved) {
			if abi.ValidName(word) {
				names = append(names, word)
			}
		}
	}
	names = append(names, "unix_millis", "unix-millis-or", strings.Repeat("long-", 12)+"name")
	slices.Sort(names)
	return slices.Compact(names)
}

// nastyManifest is made of some of the names, with texts that could end a comment, a line or a literal.
func nastyManifest(random *rand.Rand, names []string) *abi.Manifest {
	m := &abi.Manifest{ABI: 1, Name: "nasty", Version: "1.0.0-a+b", Purpose: "profiling"}
	some := func(most int) []string {
		list := slices.Clone(names)
		random.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		return list[:1+random.IntN(min(most, len(list)))]
	}
	texts := []string{`*/`, `/*`, `"`, `\`, "`", `' // ??/`, "Grüner Veltliner 東京 🍷", `\u0022`, `");`, "${x}", "%s %d", "{{.}}"}
	for i, name := range some(abi.MaxReads / 2) {
		f := abi.Feature{Name: name, Type: []abi.Type{abi.Number, abi.String, abi.Boolean}[i%3]}
		if f.Type == abi.Number && i%2 == 0 {
			f.Aggregate, f.Event, f.Window = abi.Count, names[i%len(names)], "90d"
			f.Where = []abi.Condition{{Property: "p", In: texts}, {Property: "q", Prefix: texts[i%len(texts)]}}
			if i > 12 {
				f.Where = nil // the manifest is at most 16 KiB
			}
		}
		m.Reads = append(m.Reads, f)
	}
	m.Emits.Segments = some(abi.MaxNames)
	for _, name := range some(3) {
		m.Emits.Scores = append(m.Emits.Scores, abi.Score{Name: name, Reasons: some(20)})
	}
	for _, name := range some(3) {
		m.Emits.Traits = append(m.Emits.Traits, abi.Trait{Name: name, Values: some(20)})
	}
	return m
}

// The accessors of any manifest are Go that compiles, or an error that names the two places with one name.
func TestGenerateAnyNames(t *testing.T) {
	kit := typesOfKit(t)
	names := nastyNames()
	random := rand.New(rand.NewPCG(5, 3))
	compiled := 0
	for i := range 300 {
		raw, err := abi.EncodeManifest(nastyManifest(random, names))
		if err != nil {
			t.Fatal(i, err)
		}
		again := random.IntN(len(languages))
		for j := range languages {
			l := &languages[j]
			files, err := generate(l, raw)
			if err != nil {
				if !strings.Contains(err.Error(), "would both be the function ") {
					t.Fatal(i, l.name, err)
				}
				continue
			}
			if j == again {
				if second, err := generate(l, raw); err != nil || string(second[0].Text) != string(files[0].Text) {
					t.Fatalf("manifest %d: another text for %s, %v", i, l.name, err)
				}
			}
			if l.name == "go" {
				compiled++
				if err := kit.check(files[0].Text); err != nil {
					t.Fatalf("manifest %d: %v\n%s", i, err, raw)
				}
			}
		}
	}
	if compiled < 100 {
		t.Errorf("%d manifests compiled only: the others have names that collide", compiled)
	}
}

// kitTypes type-checks accessors against the kit.
type kitTypes struct {
	files  *token.FileSet
	kit    *types.Package
	author *ast.File
}

func typesOfKit(t *testing.T) *kitTypes {
	t.Helper()
	k := &kitTypes{files: token.NewFileSet()}
	source, err := parser.ParseFile(k.files, filepath.Join("..", "..", "sdk", "go", "lotse.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	config := types.Config{Importer: goimporter.ForCompiler(k.files, "source", nil)}
	if k.kit, err = config.Check("lotse", k.files, []*ast.File{source}, nil); err != nil {
		t.Fatal(err)
	}
	if k.author, err = parser.ParseFile(k.files, "main.go", "package main\n\nfunc evaluate(Record, Answer) {}\n", 0); err != nil {
		t.Fatal(err)
	}
	return k
}

// Import gives the kit, the one package that accessors import.
func (k *kitTypes) Import(path string) (*types.Package, error) {
	if path != "github.com/lotse-edge/lotse/sdk/go" {
		return nil, fmt.Errorf("accessors import %s", path)
	}
	return k.kit, nil
}

func (k *kitTypes) check(accessors []byte) error {
	file, err := parser.ParseFile(k.files, "manifest.go", accessors, 0)
	if err != nil {
		return err
	}
	_, err = (&types.Config{Importer: k}).Check("main", k.files, []*ast.File{k.author, file}, nil)
	return err
}
