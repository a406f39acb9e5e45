package policies

import (
	"context"
	"io/fs"
	"path"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/format"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/tester"
)

// allFiles reads the embedded policy with its tests.
func allFiles(t *testing.T) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := fs.WalkDir(base, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := base.ReadFile(name)
		files[name] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// The legal cases beside each policy, by OPA's own test runner.
func TestRegoCases(t *testing.T) {
	ctx := context.Background()
	files := allFiles(t)
	modules := map[string]*ast.Module{}
	for name, text := range files {
		if !strings.HasSuffix(name, ".rego") {
			continue
		}
		m, err := ast.ParseModuleWithOpts(name, text, ast.ParserOptions{RegoVersion: ast.RegoV1, ProcessAnnotation: true})
		if err != nil {
			t.Fatal(err)
		}
		if !importsV2(m) {
			t.Errorf("%s does not import rego.v2", name)
		}
		modules[name] = m
	}
	data, err := dataOf(files)
	if err != nil {
		t.Fatal(err)
	}
	store := inmem.NewFromObject(data)
	ran := 0
	err = storage.Txn(ctx, store, storage.TransactionParams{}, func(txn storage.Transaction) error {
		results, err := tester.NewRunner().SetStore(store).SetModules(modules).CapturePrintOutput(true).RunTests(ctx, txn)
		if err != nil {
			return err
		}
		for r := range results {
			ran++
			if !r.Pass() {
				t.Errorf("%s", r)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if ran < 70 {
		t.Errorf("%d cases ran: there are more", ran)
	}
	t.Logf("%d cases", ran)
}

func TestRegoFormat(t *testing.T) {
	for name, text := range allFiles(t) {
		if !strings.HasSuffix(name, ".rego") {
			continue
		}
		formatted, err := format.SourceWithOpts(name, []byte(text), format.Opts{RegoVersion: ast.RegoV1})
		if err != nil {
			t.Errorf("format: %v", err)
			continue
		}
		if string(formatted) != text {
			t.Errorf("%s is not formatted as opa fmt does", name)
		}
	}
}

// A package is its folder, and each has its cases beside it.
func TestRegoFolders(t *testing.T) {
	files := allFiles(t)
	for name, text := range files {
		if !strings.HasSuffix(name, ".rego") {
			continue
		}
		folder := strings.ReplaceAll(path.Dir(name), "/", ".")
		if strings.HasSuffix(name, "_test.rego") {
			folder += "_test"
		} else if _, ok := files[strings.TrimSuffix(name, ".rego")+"_test.rego"]; !ok {
			t.Errorf("%s has no cases beside it", name)
		}
		if !strings.Contains(text, "\npackage "+folder+"\n") && !strings.HasPrefix(text, "package "+folder+"\n") {
			t.Errorf("%s is not in package %s", name, folder)
		}
	}
}
