package policies

import (
	"context"
	"testing"
)

func TestProve(t *testing.T) {
	table, c, err := Prove(context.Background(), Config{Host: wasmHost{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", *c)
	for _, d := range c.Documents {
		t.Logf("%+v", d)
	}
	_ = table
}
