package policies

import (
	"context"
	"testing"
)

// The base policy passes its own gate.
func TestCheckBase(t *testing.T) {
	s, err := Base()
	if err != nil {
		t.Fatal(err)
	}
	c, err := check(context.Background(), s)
	if err != nil {
		t.Fatal(err)
	}
	if c.tests.Passed < 80 || len(c.tests.Packages) != len(c.modules) || len(c.tests.Failed) > 0 {
		t.Errorf("%d tests in %d packages of %d", c.tests.Passed, len(c.tests.Packages), len(c.modules))
	}
	t.Logf("%d tests, %d reasons", c.tests.Passed, len(c.reasons))
}
