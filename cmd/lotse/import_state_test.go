package main

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func rowsOf(t *testing.T, path string) []int {
	t.Helper()
	j, err := openJournal(path, "digest", false)
	if err != nil {
		t.Fatal(err)
	}
	if err := j.close(); err != nil {
		t.Fatal(err)
	}
	return slices.Sorted(maps.Keys(j.done))
}

// A journal that is cut anywhere, as by a crash, gives the rows whose lines are whole, and goes on well.
func TestJournalCutAnywhere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	j, err := openJournal(path, "digest", false)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []int{3, 1, 12, 7} {
		if err := j.add(row); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.close(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	header := len("lotse import 1 digest\n")
	for n := header; n <= len(whole); n++ {
		if err := os.WriteFile(path, whole[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		var want []int
		for i, at := range []int{2, 4, 7, 9} { // where the lines end
			if n-header >= at {
				want = append(want, []int{3, 1, 12, 7}[i])
			}
		}
		j, err := openJournal(path, "digest", false)
		if err != nil {
			t.Fatal(err)
		}
		if err := j.add(99); err != nil {
			t.Fatal(err)
		}
		if err := j.close(); err != nil {
			t.Fatal(err)
		}
		want = append(want, 99)
		slices.Sort(want)
		if d := cmp.Diff(want, rowsOf(t, path)); d != "" {
			t.Fatalf("cut at %d (-want +got):\n%s", n, d)
		}
	}
	// A cut header is another file's.
	if err := os.WriteFile(path, whole[:header-1], 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := openJournal(path, "digest", false); err == nil {
		t.Error("a cut header was taken")
	}
}

// Zeros at the end are what some file systems leave after a power loss.
func TestJournalWithZeros(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	if err := os.WriteFile(path, []byte("lotse import 1 digest\n5\n\x00\x00\x00\n6\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]int{5}, rowsOf(t, path)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}
