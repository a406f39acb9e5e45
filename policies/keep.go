package policies

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/open-policy-agent/opa/v1/version"
)

// proofFormat is the version of a kept proof and of what it means: a newer prover proves anew.
const proofFormat = 1

// keptProof is a proof as it is kept: the answers to all questions, from which the table is made.
type keptProof struct {
	Format      int         `json:"format"`
	Certificate Certificate `json:"certificate"`
	Documents   []*answered `json:"documents"` // the aspects in their order, then what else was asked
}

// proofName names the proof of a policy. The same texts under another version of OPA or of the prover are to be proved anew.
func proofName(source string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %s %s", proofFormat, version.Version, source))
	return hex.EncodeToString(sum[:])
}

// recall makes the table of a kept proof; nil where there is none that this prover can use: then the policy is proved anew.
func recall(policy *compiledPolicy, c Config) (*Table, *Certificate, error) {
	k, err := loadProof(policy.source, c.Proofs)
	if k == nil || err != nil {
		return nil, nil, err
	}
	t, err := k.table(policy, c)
	if err != nil || t.digest != k.Certificate.Digest {
		return nil, nil, nil // of a prover that answered otherwise
	}
	k.Certificate.Kept = true
	return t, &k.Certificate, nil
}

// loadProof reads a kept proof; nil where there is none, or one of another form.
func loadProof(source string, proofs Proofs) (*keptProof, error) {
	if proofs == nil {
		return nil, nil
	}
	text, err := proofs.Load(proofName(source))
	if err != nil {
		return nil, fmt.Errorf("load the kept proof: %w", err)
	}
	var k keptProof
	if json.Unmarshal(text, &k) != nil || k.Format != proofFormat {
		return nil, nil
	}
	for _, a := range k.Documents {
		if a == nil || a.restore() != nil {
			return nil, nil
		}
	}
	return &k, nil
}

// remember keeps a proof. A table that cannot be kept is proved all the same, but its caller should know.
func remember(policy *compiledPolicy, proofs Proofs, k *keptProof) error {
	if proofs == nil {
		return nil
	}
	text, err := json.Marshal(k)
	if err != nil {
		return fmt.Errorf("write the proof: %w", err)
	}
	if err := proofs.Save(proofName(policy.source), text); err != nil {
		return fmt.Errorf("keep the proof: %w", err)
	}
	return nil
}
