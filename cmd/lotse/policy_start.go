package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/lotse-edge/lotse/policies"
	policyledger "github.com/lotse-edge/lotse/policies/ledger"
)

// proofs keeps proofs in a folder, each sealed: a proof is trusted as the policy itself is. It is policies.Proofs.
type proofs struct {
	dir  string
	seal seal
	log  *slog.Logger
}

func newProofs(data string, secret []byte, log *slog.Logger) *proofs {
	return &proofs{dir: filepath.Join(data, "proofs"), seal: newSeal(secret, "lotse: seal of proofs, version 1"), log: log}
}

// Load gives no proof where the seal is not ours: it is then proved anew.
func (p *proofs) Load(name string) ([]byte, error) {
	file, err := os.ReadFile(filepath.Join(p.dir, name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	proof, ok := p.seal.open(name, file)
	if !ok {
		p.log.Warn("a kept proof has not our seal and is not used", "proof", name)
		return nil, nil
	}
	return proof, nil
}

func (p *proofs) Save(name string, proof []byte) error {
	if err := os.MkdirAll(p.dir, 0o700); err != nil {
		return err
	}
	return writeAtomic(filepath.Join(p.dir, name), p.seal.close(name, proof), 0o600)
}

// policyArchive keeps the sources of policies by the digest of their table. It is edge.PolicyArchive.
type policyArchive struct{ dir string }

func (a policyArchive) path(digest string) string { return filepath.Join(a.dir, digest+".tar.gz") }

func (a policyArchive) SavePolicy(digest string, bundle []byte) error {
	if err := os.MkdirAll(a.dir, 0o700); err != nil {
		return err
	}
	return writeAtomic(a.path(digest), bundle, 0o600)
}

// load reads the sources of a policy. They were verified when they were taken over, and what they prove to is in the log, so
// they need no signature here.
func (a policyArchive) load(digest string) (policies.Source, error) {
	f, err := os.Open(a.path(digest))
	if errors.Is(err, fs.ErrNotExist) {
		return policies.Source{}, fmt.Errorf("the log of policies says that %s is in force, and its sources are not in %s: put them back from a copy", digest, filepath.Base(a.dir))
	}
	if err != nil {
		return policies.Source{}, err
	}
	defer f.Close()
	return policies.ReadBundle(f, policies.Keys{})
}

func (a policyArchive) save(table *policies.Table, source policies.Source) error {
	var b bytes.Buffer
	if err := policies.WriteBundle(&b, source, nil); err != nil {
		return err
	}
	return a.SavePolicy(table.Digest(), b.Bytes())
}

// policyInForce proves the policy that is in force by the log. Before there ever was an officer, that is the one that this binary
// brings along; from then on it changes by releases only, whatever a newer binary brings.
func policyInForce(ctx context.Context, prover policies.Config, kept policyArchive, log *policyledger.Log, now time.Time) (*policies.Table, error) {
	inForce, _, logged := log.InForce()
	var err error
	if logged && log.Governed() {
		prover.Source, err = kept.load(inForce.String())
	} else {
		prover.Source, err = policies.Base()
	}
	if err != nil {
		return nil, fmt.Errorf("read the policy in force: %w", err)
	}
	table, _, err := policies.Prove(ctx, prover)
	if err != nil {
		return nil, fmt.Errorf("prove the policy in force: %w", err)
	}
	r := policyledger.Release{Replaces: inForce}
	if r.Policy, err = policyledger.ParseDigest(table.Digest()); err != nil {
		return nil, err
	}
	if r.Sources, err = policyledger.ParseDigest(table.Source()); err != nil {
		return nil, err
	}
	if logged && r.Policy == inForce {
		return table, nil
	}
	if err := kept.save(table, prover.Source); err != nil {
		return nil, fmt.Errorf("keep the policy in force: %w", err)
	}
	if _, err := log.PutInForce(r, now); err != nil {
		return nil, fmt.Errorf("write into the log which policy is in force: %w", err)
	}
	return table, nil
}
