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

	"github.com/lotse-edge/lotse/edge"
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
		p.log.Warn("a kept proof cannot be read and is not used", "proof", name, "error", err)
		return nil, nil
	}
	proof, ok := p.seal.open(name, file)
	if !ok {
		p.log.Warn("a kept proof has not our seal and is not used", "proof", name)
		return nil, nil
	}
	return proof, nil
}

// Save reports what it cannot keep: the policy is proved all the same, and will be again.
func (p *proofs) Save(name string, proof []byte) error {
	err := os.MkdirAll(p.dir, 0o700)
	if err == nil {
		err = writeAtomic(filepath.Join(p.dir, name), p.seal.close(name, proof), 0o600)
	}
	if err != nil {
		p.log.Warn("a proof cannot be kept", "proof", name, "error", err)
	}
	return nil
}

// policyArchive keeps the sources of policies by their digest. It is edge.PolicyArchive.
type policyArchive struct{ dir string }

func (a policyArchive) path(sources string) string { return filepath.Join(a.dir, sources+".tar.gz") }

func (a policyArchive) SavePolicy(sources string, bundle []byte) error {
	if err := os.MkdirAll(a.dir, 0o700); err != nil {
		return err
	}
	return writeAtomic(a.path(sources), bundle, 0o600)
}

func (a policyArchive) LoadPolicy(sources string) ([]byte, error) {
	return os.ReadFile(a.path(sources))
}

// load reads the sources of a policy, which must be those that the log names.
func (a policyArchive) load(sources string) (s policies.Source, err error) {
	bundle, err := a.LoadPolicy(sources)
	if err == nil {
		// They were verified when they were taken over, so they need no signature here.
		s, err = policies.ReadBundle(bytes.NewReader(bundle), policies.Keys{})
	}
	switch file := filepath.Join(filepath.Base(a.dir), filepath.Base(a.path(sources))); {
	case errors.Is(err, fs.ErrNotExist):
		return s, fmt.Errorf("the log of policies names sources that are missing: put %s back from a copy of the data folder", file)
	case err != nil:
		return s, fmt.Errorf("%s: %w; put it back from a copy of the data folder", file, err)
	case s.Digest() != sources:
		return s, fmt.Errorf("%s does not hold what was approved: its digest is %s; put it back from a copy of the data folder", file, s.Digest())
	}
	return s, nil
}

func (a policyArchive) save(table *policies.Table, source policies.Source) error {
	var b bytes.Buffer
	if err := policies.WriteBundle(&b, source, nil); err != nil {
		return err
	}
	return a.SavePolicy(table.Source(), b.Bytes())
}

// startPolicy is what is needed to find the policy in force at a start.
type startPolicy struct {
	prover  policies.Config
	archive policyArchive
	ledger  *policyledger.Log
	log     *slog.Logger
	now     time.Time
}

// inForce proves the policy that is in force by the log. Before there ever was an officer, that is the one that this program brings
// along; from then on it changes by releases only, whatever a newer program brings.
func (p *startPolicy) inForce(ctx context.Context) (*policies.Table, error) {
	entry, logged := p.ledger.InForce()
	var source policies.Source
	var err error
	if logged && p.ledger.Governed() {
		source, err = p.archive.load(entry.Release.Sources.String())
	} else {
		source, err = policies.Base()
	}
	if err != nil {
		return nil, fmt.Errorf("read the policy in force: %w", err)
	}
	table, err := p.prove(ctx, source)
	if err != nil {
		return nil, fmt.Errorf("prove the policy in force: %w", err)
	}
	if logged && entry.Release.Policy.String() == table.Digest() && entry.Release.Sources.String() == table.Source() {
		return table, nil
	}
	release, err := p.release(ctx, table, entry, logged)
	if err != nil {
		return nil, err
	}
	if err := p.archive.save(table, source); err != nil {
		return nil, fmt.Errorf("keep the policy in force: %w", err)
	}
	if _, err := p.ledger.PutInForce(release, p.now); err != nil {
		return nil, fmt.Errorf("write into the log which policy is in force: %w", err)
	}
	if logged {
		p.log.Warn("the policy in force is another one than before this start", "digest", release.Policy, "before", release.Replaces,
			"changed", release.Changed, "widened", release.Widened, "narrowed", release.Narrowed)
	}
	return table, nil
}

func (p *startPolicy) prove(ctx context.Context, source policies.Source) (*policies.Table, error) {
	prover := p.prover
	prover.Source = source
	table, _, err := policies.Prove(ctx, prover)
	return table, err
}

// release says what changes beside the policy before. That one may be gone, or be the same sources, which this program proves into
// another table: then nobody can count what changes, and the log says that nobody did.
func (p *startPolicy) release(ctx context.Context, table *policies.Table, before policyledger.Entry, logged bool) (policyledger.Release, error) {
	if logged && before.Release.Sources.String() != table.Source() {
		old, err := p.before(ctx, before.Release)
		if err == nil {
			return edge.ReleaseOf(old, table)
		}
		p.log.Warn("what the new policy changes was not counted", "error", err)
	}
	r := policyledger.Release{Replaces: before.Release.Policy}
	var err error
	if r.Policy, err = policyledger.ParseDigest(table.Digest()); err != nil {
		return r, err
	}
	r.Sources, err = policyledger.ParseDigest(table.Source())
	return r, err
}

// before proves the policy that was in force until now.
func (p *startPolicy) before(ctx context.Context, r policyledger.Release) (*policies.Table, error) {
	source, err := p.archive.load(r.Sources.String())
	if err != nil {
		return nil, err
	}
	table, err := p.prove(ctx, source)
	if err != nil {
		return nil, err
	}
	if table.Digest() != r.Policy.String() {
		return nil, errors.New("this program proves the policy before into another table")
	}
	return table, nil
}
