package main

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/lotse-edge/lotse/sdk"
)

// ownKit is the line by which a go.mod takes the kit from the folder beside it, in a block or alone.
var ownKit = regexp.MustCompile(`(?m)^\s*(replace\s+)?` + regexp.QuoteMeta(sdk.GoModule) + `\s+=>\s+\./` + sdk.GoFolder + `\s*$`)

// goFiles are those of the generated files that a rule in Go wants. The kit is a Go module, so it stands beside the sources only
// where their go.mod says so; where nothing says where it is, that go.mod is written first, so that a rule can be built in any
// folder and without a network. A main.go with a main of its own reads and says by index: it has no accessors.
func goFiles(dir string, files []generatedFile) ([]generatedFile, error) {
	accessors, kit := usesOfGo(filepath.Join(dir, "main.go"))
	mod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	switch {
	case errors.Is(err, fs.ErrNotExist) && kit && !kitKnownAbove(dir):
		mod = []byte(goMod)
		files = append(files, generatedFile{"go.mod", mod})
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, err
	case err == nil && kit && !bytes.Contains(mod, []byte(sdk.GoModule)):
		return nil, fmt.Errorf("the go.mod beside it does not say where the kit is: remove it, and it is written anew, or add these lines:\n%s", requireKit)
	}
	kit = ownKit.Match(mod)
	return slices.DeleteFunc(files, func(f generatedFile) bool {
		return f.Name == "manifest.go" && !accessors || strings.HasPrefix(f.Name, sdk.GoFolder+"/") && !kit
	}), nil
}

// usesOfGo tells whether the sources need the accessors, and whether they need the kit. What is not Go yet needs both: the compiler
// will tell what is wrong with it.
func usesOfGo(main string) (accessors, kit bool) {
	source, err := parser.ParseFile(token.NewFileSet(), main, nil, parser.SkipObjectResolution)
	if err != nil {
		return true, true
	}
	accessors = !slices.ContainsFunc(source.Decls, func(d ast.Decl) bool {
		f, is := d.(*ast.FuncDecl)
		return is && f.Recv == nil && f.Name.Name == "main"
	})
	imported := slices.ContainsFunc(source.Imports, func(i *ast.ImportSpec) bool { return i.Path.Value == strconv.Quote(sdk.GoModule+"/sdk/go") })
	return accessors, accessors || imported
}

// kitKnownAbove tells whether the go.mod that holds for the folder names the kit: the author's own arrangement.
func kitKnownAbove(dir string) bool {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return false
	}
	for up := filepath.Dir(dir); up != dir; dir, up = up, filepath.Dir(up) {
		if mod, err := os.ReadFile(filepath.Join(up, "go.mod")); err == nil && up != filepath.Clean(os.TempDir()) { // which Go passes over
			return bytes.Contains(mod, []byte(sdk.GoModule))
		}
	}
	return false
}

// goMod makes the sources in a folder a Go module. It is the author's own file from then on.
const goMod = "module example.org/rule\n\ngo 1.26\n\n" + requireKit

// requireKit has a go.mod take the kit from the folder beside it.
const requireKit = "require " + sdk.GoModule + ` v0.0.0

// The kit is written there by lotse build. Without this line, Go looks for it where it looks for other modules.
replace ` + sdk.GoModule + " => ./" + sdk.GoFolder + "\n"
