package policies

import (
	"context"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
)

// capabilities are those of this OPA, without every builtin that is not pure.
func capabilities(without ...string) *ast.Capabilities {
	caps := ast.CapabilitiesForThisVersion()
	caps.AllowNet = []string{}
	caps.Builtins = slices.DeleteFunc(caps.Builtins, func(b *ast.Builtin) bool {
		return b.Nondeterministic || !slices.Contains(pureBuiltins, b.Name) || slices.Contains(without, b.Name)
	})
	return caps
}

// parseModules parses the Rego files and checks of each what OPA does not.
func parseModules(files map[string]string, caps *ast.Capabilities, f *faults) map[string]*ast.Module {
	modules := map[string]*ast.Module{}
	for _, name := range sorted(files) {
		text := files[name]
		if !strings.HasSuffix(name, ".rego") {
			continue
		}
		if strings.TrimSpace(text) == "" {
			f.add(&ast.Location{File: name}, "the file is empty: write its rules, or remove it")
			continue
		}
		m, err := ast.ParseModuleWithOpts(name, text, ast.ParserOptions{
			RegoVersion: ast.RegoV1, ProcessAnnotation: true, Capabilities: caps,
		})
		if err != nil {
			f.addAll(name, err)
			continue
		}
		if !importsV2(m) {
			f.add(m.Package.Loc(), "add `import rego.v2` below the package: without it, `not` over an undefined value drops a rule without a word")
		}
		lintCalls(m, caps, f)
		if !isTest(name) {
			lint(m, f)
		}
		modules[name] = m
	}
	return modules
}

func importsV2(m *ast.Module) bool {
	return slices.ContainsFunc(m.Imports, func(i *ast.Import) bool {
		ref, ok := i.Path.Value.(ast.Ref)
		return ok && ref.Equal(ast.RegoV2CompatibleRef)
	})
}

// compileModules compiles strictly and builds the set of annotations.
func compileModules(modules map[string]*ast.Module, caps *ast.Capabilities, f *faults) (*ast.Compiler, *ast.AnnotationSet) {
	c := ast.NewCompiler().WithStrict(true).WithCapabilities(caps).WithEnablePrintStatements(true)
	c.Compile(modules)
	if c.Failed() {
		f.addAll("", c.Errors)
		return nil, nil
	}
	parsed := make([]*ast.Module, 0, len(modules))
	for _, m := range modules {
		parsed = append(parsed, m)
	}
	annotations, errs := ast.BuildAnnotationSet(parsed)
	if len(errs) > 0 {
		f.addAll("", errs)
		return nil, nil
	}
	return c, annotations
}

// dataOf mounts each data.json at the path of its folder, as a bundle does. One at the root brings its path along.
func dataOf(files map[string]string) (map[string]any, error) {
	root := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if path.Base(name) != "data.json" {
			continue
		}
		document, err := readData(files[name])
		if err != nil {
			return nil, &SourceError{File: name, Message: "cannot be read: " + err.Error()}
		}
		if name == "data.json" {
			if _, ok := document["privacy"]; !ok || len(document) != 1 {
				return nil, &SourceError{File: name, Message: `holds data outside of privacy: its one key is "privacy"`}
			}
		} else {
			parts := strings.Split(path.Dir(name), "/")
			for _, part := range slices.Backward(parts) {
				document = map[string]any{part: document}
			}
		}
		if key := mount(root, document); key != "" {
			return nil, &SourceError{File: name, Message: fmt.Sprintf("sets %s, which another data.json sets, too", key)}
		}
	}
	return root, nil
}

// mount adds a document to another and returns a key that both have; empty: none.
func mount(into, document map[string]any) string {
	for _, key := range slices.Sorted(maps.Keys(document)) {
		have, taken := into[key]
		if !taken {
			into[key] = document[key]
			continue
		}
		below, ok := have.(map[string]any)
		more, also := document[key].(map[string]any)
		if !ok || !also {
			return key
		}
		if clash := mount(below, more); clash != "" {
			return key + "." + clash
		}
	}
	return ""
}

// prepare makes one query ready to be asked many times, at the same time.
func prepare(ctx context.Context, text string, c *ast.Compiler, caps *ast.Capabilities, data map[string]any) (*query, error) {
	store := inmem.NewFromObjectWithOpts(data, inmem.OptReturnASTValuesOnRead(true))
	prepared, err := rego.New(
		rego.Query(text), rego.Compiler(c), rego.Capabilities(caps), rego.Store(store), rego.StrictBuiltinErrors(true),
	).PrepareForEval(ctx)
	if err != nil {
		return nil, fmt.Errorf("prepare %s: %w", text, err)
	}
	// One read transaction serves all evaluations: nothing ever writes to the store.
	txn, err := store.NewTransaction(ctx, storage.TransactionParams{})
	if err != nil {
		return nil, fmt.Errorf("open the policy's data: %w", err)
	}
	return &query{text: text, prepared: prepared, txn: txn}, nil
}
