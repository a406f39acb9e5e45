package policies

import (
	"context"
	"testing"
)

// A lower age of consent changes no row, and widens all the same: a release of it needs two officers.
func TestWideningOfAges(t *testing.T) {
	before := testTable(t)
	source := change(t, "privacy/age/data.json", "\"AT\": {\n      \"years\": 14", "\"AT\": {\n      \"years\": 13")
	after, _, err := Prove(context.Background(), Config{Source: source, Host: wasmHost{}})
	if err != nil {
		t.Fatal(err)
	}
	f := func(before, after *Table, changed, widened, narrowed int64) {
		t.Helper()
		if c, w, n := Widening(before, after); c != changed || w != widened || n != narrowed {
			t.Errorf("%d situations changed, %d widened, %d narrowed; want %d, %d, %d", c, w, n, changed, widened, narrowed)
		}
	}
	f(before, before, 0, 0, 0)
	f(before, after, 2, 2, 0) // of thirteen years, alone and with a guardian
	f(after, before, 2, 0, 2)
}
