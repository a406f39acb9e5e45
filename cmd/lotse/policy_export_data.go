package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/lotse-edge/lotse/edge/notice"
	"github.com/lotse-edge/lotse/edge/tenant"
	"github.com/lotse-edge/lotse/policies"
	"github.com/lotse-edge/lotse/policies/decisions"
	policyledger "github.com/lotse-edge/lotse/policies/ledger"
)

// table proves the policy, and the tenant's own rules over it.
func (c *policyExport) table(ctx context.Context, config *tenant.Config) (*policies.Table, error) {
	source, digest, err := c.source()
	if err != nil {
		return nil, fmt.Errorf("read the policy: %w", err)
	}
	base, _, err := policies.Prove(ctx, policies.Config{Source: source, Host: policyHost{}})
	if err != nil {
		return nil, fmt.Errorf("prove the policy: %w", err)
	}
	if digest != "" && base.Digest() != digest {
		return nil, fmt.Errorf("the log of policies says that %s is in force, and its kept sources make %s: this program is of another version than the server, or a file was changed", short(digest), short(base.Digest()))
	}
	return base.Tenant(ctx, config.ID, config.Policies)
}

// source finds the policy: the one that was named, the one in force in the server's folder with the digest that its table must have,
// or this program's own.
func (c *policyExport) source() (source policies.Source, digest string, err error) {
	switch {
	case c.policy != "":
		source, err = readPolicy(c.env.path(c.policy))
		return source, "", err
	case c.data != "":
		return c.inForce()
	}
	source, err = policies.Base()
	return source, "", err
}

// inForce reads the policy that is in force by the log of a server's folder.
func (c *policyExport) inForce() (source policies.Source, digest string, err error) {
	data := c.env.path(c.data)
	dir := filepath.Join(data, policyLogFolder)
	key, err := readSmall(filepath.Join(dir, policyLogPublic))
	if errors.Is(err, fs.ErrNotExist) {
		return source, "", fmt.Errorf("%s holds no log of policies: --data names the folder of a server that was started once", c.data)
	}
	if err != nil {
		return source, "", fmt.Errorf("read the log's public key: %w", err)
	}
	report, err := policyledger.Verify(fileStorage{dir}, key)
	if err != nil {
		return source, "", err
	}
	policy, n, ok := report.InForceAt(c.env.now())
	if !ok {
		return source, "", errors.New("no policy has come into force there yet")
	}
	source, err = policyArchive{filepath.Join(data, "policies")}.load(report.Entries[n].Release.Sources.String())
	return source, policy.String(), err
}

// counts reads how often each row of the tenant's table answered.
func (c *policyExport) counts(table *policies.Table) (notice.Counts, error) {
	digest, err := decisions.ParseDigest(table.Digest())
	if err != nil {
		return notice.Counts{}, err
	}
	all, err := decisions.ReadCounts(decisionFiles{filepath.Join(c.env.path(c.data), "decisions")}, func(err error) {
		fmt.Fprintf(c.env.stderr, "lotse policy export: %v\n", err)
	})
	if err != nil {
		return notice.Counts{}, err
	}
	out := notice.Counts{Missing: all.Missing}
	for _, t := range all.Tables {
		if t.Digest == digest {
			out.Rows, out.First, out.Last = t.Rows, t.First, t.Last
		} else {
			out.Elsewhere += t.Total
		}
	}
	return out, nil
}
