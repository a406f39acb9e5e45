package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/lotse-edge/lotse/edge"
	"github.com/lotse-edge/lotse/policies"
	policyledger "github.com/lotse-edge/lotse/policies/ledger"
)

const policyApproveAbout = `
Approves a policy that waits on a server, with an officer's own key. First this program fetches that policy and the one in force, proves
both itself, and says what changes, so that what is signed is what was read here and not what a server says. Then it asks. The key stays
on this machine; what is sent is the signed statement, which the server writes into its log for good.`

// policyApproveCall is one call of lotse policy approve.
type policyApproveCall struct {
	*serverCall
	*approval
}

// policyApprove is lotse policy approve.
func policyApprove(ctx context.Context, env *environment, args []string) int {
	c := &policyApproveCall{serverCall: newServerCall(env, "approve", "DIGEST", policyApproveAbout)}
	c.approval = c.flags.approval()
	operands, exit, ok := c.begin(args, 1, 1)
	if !ok {
		return exit
	}
	if lacks := c.missing("read what changes"); lacks != "" {
		return c.misuse("%s", lacks)
	}
	w, err := c.approve(ctx, operands[0])
	if errors.Is(err, errNotApproved) {
		fmt.Fprintln(env.stderr, c.say("not approved", "nicht zugestimmt"))
		return exitFailed
	}
	if err != nil {
		return c.failed(err)
	}
	return c.answer(w, func(p *page) {
		p.line("", c.sayf("Your approval of %s is in the log.", "Ihre Zustimmung zu %s steht im Protokoll.", short(w.Digest)))
		c.next(p, w, true)
	})
}

func (c *policyApproveCall) approve(ctx context.Context, digest string) (*candidate, error) {
	private, name, err := c.officer()
	if err != nil {
		return nil, err
	}
	now, w, err := c.waiting(ctx, digest)
	if err != nil {
		return nil, err
	}
	if slices.Contains(w.ApprovedBy, name) {
		return nil, fmt.Errorf("%s has approved %s already", name, short(w.Digest))
	}
	release, err := w.release()
	if err != nil {
		return nil, err
	}
	before, after, err := c.proveBoth(ctx, &now, &w, release)
	if err != nil {
		return nil, err
	}
	if err := c.show(&w, before, after); err != nil {
		return nil, err
	}
	yes := []string{"yes"}
	if c.language == "de" {
		yes = append(yes, "ja")
	}
	question := c.sayf("Approve this as %s? It goes into the log for good. Type yes: ", "Als %s zustimmen? Es steht dann für immer im Protokoll. Bitte ja eingeben: ", name)
	if err := c.ask(question, yes...); err != nil {
		return nil, err
	}
	signed, err := policyledger.Sign(private, policyledger.Statement{
		Release: release, By: name, At: c.env.now().UTC().Truncate(time.Second), Remark: c.remark,
	})
	if err != nil {
		return nil, err
	}
	var done candidate
	return &done, c.call(ctx, http.MethodPost, w.path("/approvals"), "text/plain; charset=utf-8", []byte(signed), &done)
}

// proveBoth fetches the policy and the one that it replaces, proves both here, and compares what it finds with what the server says.
func (c *policyApproveCall) proveBoth(ctx context.Context, now *policyOfServer, w *candidate, said policyledger.Release) (before, after *policies.Table, err error) {
	if before, err = c.proveFrom(ctx, now.Sources, now.Digest); err != nil {
		return nil, nil, fmt.Errorf("the policy in force: %w", err)
	}
	if after, err = c.proveFrom(ctx, w.Sources, w.Digest); err != nil {
		return nil, nil, fmt.Errorf("the policy to approve: %w", err)
	}
	found, err := edge.ReleaseOf(before, after)
	if err != nil {
		return nil, nil, err
	}
	if found != said {
		return nil, nil, fmt.Errorf("the server says of this change: %d situations, %d permit more, %d less; this program finds %d, %d and %d. Do not approve it before that is explained",
			said.Changed, said.Widened, said.Narrowed, found.Changed, found.Widened, found.Narrowed)
	}
	return before, after, nil
}

func (c *policyApproveCall) proveFrom(ctx context.Context, sources, digest string) (*policies.Table, error) {
	source, err := c.fetch(ctx, sources)
	if err != nil {
		return nil, err
	}
	if c.env.terminal {
		fmt.Fprintln(c.env.stderr, c.sayf("proving the policy %s here; this takes some seconds", "die Regeln %s werden hier bewiesen; das dauert einige Sekunden", short(digest)))
	}
	prove := policies.Prove
	if c.env.prove != nil {
		prove = c.env.prove
	}
	table, _, err := prove(ctx, policies.Config{Source: source, Host: policyHost{}})
	if err != nil {
		return nil, err
	}
	if table.Digest() != digest {
		return nil, fmt.Errorf("the server calls it %s, and here it proves to %s: do not approve it before that is explained. Both programs have to be of one version", short(digest), short(table.Digest()))
	}
	return table, nil
}

// show prints what is approved. Where the answer is JSON, the page is for the eyes only.
func (c *policyApproveCall) show(w *candidate, before, after *policies.Table) error {
	d, err := policies.Compare(before, after)
	if err != nil {
		return fmt.Errorf("compare the policies: %w", err)
	}
	out := c.env.stdout
	if c.json {
		out = c.env.stderr
	}
	p := c.page()
	c.describe(p, w)
	p.gap()
	changes := policyDiffCall{policyCall: c.policyCall, old: before, now: after, limit: 20}
	_, err = fmt.Fprintf(out, "%s%s\n", p, changes.differences(d))
	return err
}
