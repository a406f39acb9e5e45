package policies

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The base policy is proved: what its certificate says is what there is.
func TestProve(t *testing.T) {
	table, c, err := Prove(context.Background(), Config{Host: wasmHost{}})
	if err != nil {
		t.Fatal(err)
	}
	if c.Situations != 691_200 || c.Digest != table.Digest() || c.Source != table.Source() || c.Kept {
		t.Errorf("%+v", *c)
	}
	if c.Questions < 5_000 || c.Rows < 500 || c.Rules < 60 || c.Tests < 100 || c.Laws < 25 || c.LawCases < 500 || c.Steps < 1_000_000 {
		t.Errorf("the certificate is of little worth: %+v", *c)
	}
	for _, d := range c.Documents {
		t.Logf("%-28s %5d questions, %4d answers, reads %v", d.Document, d.Questions, d.Answers, d.Parts)
	}
	t.Logf("%d situations, %d questions in both engines, %d rows; %d rules, %d tests, %d laws on %d cases, %d steps; %.1f s",
		c.Situations, c.Questions, c.Rows, c.Rules, c.Tests, c.Laws, c.LawCases, c.Steps, c.Seconds)
	if _, _, err := Prove(context.Background(), Config{}); err == nil {
		t.Error("a policy is proved without a second engine")
	}
}

// memoryProofs keeps proofs in a map.
type memoryProofs struct {
	kept         map[string][]byte
	loads, saves int
}

func (m *memoryProofs) Load(name string) ([]byte, error) {
	m.loads++
	return m.kept[name], nil
}

func (m *memoryProofs) Save(name string, proof []byte) error {
	m.saves++
	m.kept[name] = proof
	return nil
}

// A policy is proved once: what was kept makes the same table, of tenants too. What is not a proof of this prover is proved anew.
func TestKeptProofs(t *testing.T) {
	ctx := context.Background()
	proofs := &memoryProofs{kept: map[string][]byte{}}
	config := Config{Host: wasmHost{}, Proofs: proofs}
	first, c, err := Prove(ctx, config)
	if err != nil || c.Kept {
		t.Fatal(err)
	}
	tenant, err := first.Tenant(ctx, "winery", map[string]string{"rules.rego": winery})
	if err != nil {
		t.Fatal(err)
	}
	if proofs.saves != 2 {
		t.Fatalf("%d proofs were kept", proofs.saves)
	}
	config.Host = noHost{} // nothing can be proved any more
	second, c, err := Prove(ctx, config)
	if err != nil || !c.Kept || second.Digest() != first.Digest() || c.Situations != SituationCount || c.Laws == 0 {
		t.Fatalf("%+v, %v", c, err)
	}
	again, err := second.Tenant(ctx, "winery", map[string]string{"rules.rego": winery})
	if err != nil || again.Digest() != tenant.Digest() {
		t.Fatal(err)
	}
	for key := uint32(0); key < SituationCount; key += 101 {
		if diff := cmp.Diff(tenant.row(key), again.row(key)); diff != "" {
			t.Fatal(diff)
		}
	}
	for name, proof := range proofs.kept {
		if len(proof) > 200_000 {
			t.Errorf("the proof %s takes %d bytes", name, len(proof))
		}
		for _, damaged := range [][]byte{[]byte("{}"), []byte("no JSON"), proof[:len(proof)/2], bytes.Replace(proof, []byte(`"index":[0,`), []byte(`"index":[9999,`), 1)} {
			proofs.kept[name] = damaged
			if table, _, err := Prove(ctx, config); err == nil {
				if _, err := table.Tenant(ctx, "winery", map[string]string{"rules.rego": winery}); err == nil {
					t.Errorf("a damaged proof is used: %.40s", damaged)
				}
			}
			proofs.kept[name] = proof
		}
	}
}

// noHost is an engine that cannot be had.
type noHost struct{}

func (noHost) OpenPolicy(context.Context, []byte, []byte) (CompiledPolicy, error) {
	return nil, errors.New("no engine")
}
