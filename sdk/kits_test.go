package sdk_test

import (
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lotse-edge/lotse/sdk"
)

// The kit for Go is whole: every file of the packages that a rule imports, and no test of ours.
func TestKitGo(t *testing.T) {
	want := []string{"lotse/go.mod"}
	here := os.DirFS(".")
	for _, folder := range []string{"abi", "go", "go/lotsetest"} {
		entries, err := fs.ReadDir(here, folder)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if strings.HasSuffix(e.Name(), ".go") && !strings.HasSuffix(e.Name(), "_test.go") {
				want = append(want, path.Join("lotse/sdk", folder, e.Name()))
			}
		}
	}
	var got []string
	for _, f := range sdk.Kit("go") {
		got = append(got, f.Name)
	}
	slices.Sort(want)
	slices.Sort(got)
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("files of the kit (-want +got):\n%s", d)
	}
}

func TestKits(t *testing.T) {
	for language, want := range map[string]int{"assemblyscript": 2, "rust": 1, "c": 1, "cobol": 0} {
		if got := sdk.Kit(language); len(got) != want {
			t.Errorf("the kit for %s has %d files, not %d", language, len(got), want)
		}
	}
}
