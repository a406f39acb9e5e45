package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	policyledger "github.com/lotse-edge/lotse/policies/ledger"
	"github.com/lotse-edge/lotse/rules"
	"github.com/lotse-edge/lotse/sdk/abi"
)

const rulesApproveAbout = `
Approves, with a privacy officer's own key, what a version of a rule reads and says that none before it did. This program fetches the
module and reads in it what it does, so that what is shown is not only what the server says. Then it asks. The key stays on this
machine; what is sent is the signed statement, which the server writes into its log of policies for good.

  lotse rules approve --tenant winery interest 1.1.0 --key anna.key --remark 'decision 12'`

func rulesApprove(ctx context.Context, env *environment, args []string) int {
	c := newRulesServerCall(env, "approve", "NAME DIGEST", rulesApproveAbout)
	by := c.flags.approval()
	operands, exit, ok := c.begin(args, 2, 2)
	if !ok {
		return exit
	}
	if lacks := by.missing("read what is new with lotse rules list and diff"); lacks != "" {
		return c.misuse("%s", lacks)
	}
	v, err := c.approve(ctx, by, operands[0], operands[1])
	if errors.Is(err, errNotApproved) {
		fmt.Fprintln(env.stderr, "not approved")
		return exitFailed
	}
	if err != nil {
		return c.failed(err)
	}
	return c.tell(v)
}

func (c *rulesServerCall) approve(ctx context.Context, by *approval, name, digest string) (*versionOfServer, error) {
	private, officer, err := by.officer()
	if err != nil {
		return nil, err
	}
	if digest, err = c.digest(ctx, name, digest); err != nil {
		return nil, err
	}
	segments := []string{"modules", name, "versions", digest}
	var v versionOfServer
	if err := c.call(ctx, http.MethodGet, segments, nil, "", nil, &v); err != nil {
		return nil, err
	}
	if len(v.New) == 0 {
		return nil, fmt.Errorf("there is nothing to approve: %s %s does nothing that a version before it did not do", name, short(v.Digest))
	}
	if err := c.readModule(ctx, &v); err != nil {
		return nil, err
	}
	for _, line := range v.New {
		fmt.Fprintf(c.env.stderr, "new: %s of %s %s\n", name, c.tenant, line)
	}
	if err := by.ask(fmt.Sprintf("Approve this as %s? It goes into the log for good. Type yes: ", officer), "yes"); err != nil {
		return nil, err
	}
	full, err := policyledger.ParseDigest(v.Digest)
	if err != nil {
		return nil, err
	}
	signed, err := policyledger.SignModule(private, policyledger.ModuleStatement{
		Tenant: c.tenant, Module: name, Digest: full, New: v.New, By: officer, At: c.env.now().UTC().Truncate(time.Second), Remark: by.remark,
	})
	if err != nil {
		return nil, err
	}
	segments[3] = v.Digest
	var done versionOfServer
	return &done, c.call(ctx, http.MethodPost, append(segments, "approval"), nil, "text/plain; charset=utf-8", []byte(signed), &done)
}

// readModule fetches the module and holds what the server says of it against its manifest.
func (c *rulesServerCall) readModule(ctx context.Context, v *versionOfServer) error {
	wasm, err := c.client.raw(ctx, c.path("modules", v.Module, "versions", v.Digest, "module"))
	if p, ok := errors.AsType[*problem](err); ok && p.Status == http.StatusNotFound {
		// The rule file of a tenant who is not in force yet: the server has no catalogue to compile it with.
		fmt.Fprintln(c.env.stderr, "warning: what is new is what the server says; the rule file cannot be compiled before the tenant is in force")
		return nil
	}
	if err != nil {
		return fmt.Errorf("fetch the module: %w", err)
	}
	sum := sha256.Sum256(wasm)
	if hex.EncodeToString(sum[:]) != v.Digest {
		return fmt.Errorf("the server sent another module than %s: do not approve it before that is explained", short(v.Digest))
	}
	m, err := abi.ManifestOf(wasm)
	if err != nil {
		return fmt.Errorf("read the module: %w", err)
	}
	if extent := rules.Extent(m); !slices.Equal(extent, v.Extent) || len(rules.Beyond(v.New, extent)) > 0 {
		return errors.New("the module reads and says something else than the server says of it: do not approve it before that is explained. Both programs have to be of one version")
	}
	return nil
}
