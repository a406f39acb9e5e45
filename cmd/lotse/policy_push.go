package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"

	"github.com/lotse-edge/lotse/policies"
)

const policyPushAbout = `
Sends a policy, a folder or a bundle, to the server, which proves it and says what it would change beside the policy in force. Nothing
changes by that: the policy waits for approval. Where the server asks for signed policies, pack and sign it first: lotse policy bundle.`

// policyPush is lotse policy push.
func policyPush(ctx context.Context, env *environment, args []string) int {
	c := newServerCall(env, "push", "DIR|BUNDLE", policyPushAbout)
	operands, exit, ok := c.begin(args, 1, 1)
	if !ok {
		return exit
	}
	bundle, err := packed(env, operands[0])
	if err != nil {
		return c.failed(err)
	}
	var w candidate
	if err := c.call(ctx, http.MethodPost, "", "application/gzip", bundle, &w); err != nil {
		return c.failed(err)
	}
	if c.json {
		return c.answer(w, nil)
	}
	now, err := c.status(ctx)
	if err != nil {
		return c.failed(err)
	}
	return c.answer(w, func(p *page) {
		k, n := w.Certificate, func(i int) string { return c.count(uint64(i)) }
		p.fact("", c.say("proved", "bewiesen"), 10, c.sayf("%s situations, %s questions asked in two engines, %s rules, %s laws on %s cases, %s steps",
			"%s Lagen, %s Fragen an zwei Auswerter, %s Regeln, %s Gesetze an %s Fällen, %s Schritte",
			n(k.Situations), n(k.Questions), n(k.Rules), n(k.Laws), n(k.LawCases), n(k.Steps)))
		c.describe(p, &w)
		c.next(p, &w, len(now.Officers) > 0)
	})
}

// packed reads a bundle as it is, and packs a folder as one.
func packed(env *environment, name string) ([]byte, error) {
	info, err := os.Stat(env.path(name))
	if err != nil {
		return nil, fmt.Errorf("read the policy: %w", err)
	}
	if !info.IsDir() {
		return os.ReadFile(env.path(name))
	}
	return pack(env, name, nil)
}

func pack(env *environment, folder string, signer *policies.Signer) ([]byte, error) {
	source, err := policies.ReadFolder(os.DirFS(env.path(folder)))
	if err != nil {
		return nil, fmt.Errorf("read the policy: %w", err)
	}
	var b bytes.Buffer
	if err := policies.WriteBundle(&b, source, signer); err != nil {
		return nil, fmt.Errorf("pack the policy: %w", err)
	}
	return b.Bytes(), nil
}

const policyReleaseAbout = `
Puts a policy in force that has the approvals that it needs: for all tenants, from the next request on. A request is answered by one
policy from its beginning to its end, and its header Lotse-Policy says by which.`

// policyRelease is lotse policy release.
func policyRelease(ctx context.Context, env *environment, args []string) int {
	c := newServerCall(env, "release", "DIGEST", policyReleaseAbout)
	w, exit, ok := c.beginWaiting(ctx, args)
	if !ok {
		return exit
	}
	var now policyOfServer
	if err := c.call(ctx, http.MethodPost, w.path("/release"), "", nil, &now); err != nil {
		return c.failed(err)
	}
	return c.answer(now, func(p *page) { c.inForce(p, &now) })
}

// beginWaiting begins a call about a policy that waits, which the command line names.
func (c *serverCall) beginWaiting(ctx context.Context, args []string) (w candidate, exit int, ok bool) {
	operands, exit, ok := c.begin(args, 1, 1)
	if !ok {
		return w, exit, false
	}
	_, w, err := c.waiting(ctx, operands[0])
	if err != nil {
		return w, c.failed(err), false
	}
	return w, exitOK, true
}

func (c *serverCall) inForce(p *page, now *policyOfServer) {
	text := now.Digest
	if now.Since != nil {
		text += c.sayf(" since %s, by entry %d of the log", " seit %s, durch Eintrag %d des Protokolls", now.Since.Format("2006-01-02 15:04:05 UTC"), *now.Entry)
	}
	p.fact("", c.say("in force", "in Kraft"), 10, text)
}

const policyStatusAbout = `
Says which policy is in force on a server, who its officers are, and which policies wait for what.`

// policyStatus is lotse policy status.
func policyStatus(ctx context.Context, env *environment, args []string) int {
	c := newServerCall(env, "status", "", policyStatusAbout)
	if _, exit, ok := c.begin(args, 0, 0); !ok {
		return exit
	}
	now, err := c.status(ctx)
	if err != nil {
		return c.failed(err)
	}
	return c.answer(now, func(p *page) {
		c.inForce(p, &now)
		p.fact("", c.say("officers", "Beauftragte"), 12, c.namesOf(now.Officers))
		for i := range now.Candidates {
			p.gap()
			c.describe(p, &now.Candidates[i])
			c.next(p, &now.Candidates[i], len(now.Officers) > 0)
		}
		if len(now.Candidates) == 0 {
			p.line("", c.say("no policy waits for approval", "keine Regeln warten auf Zustimmung"))
		}
	})
}

const policyWithdrawAbout = `
Takes back a policy that waits for approval. What was approved of it stays in the log.`

// policyWithdraw is lotse policy withdraw.
func policyWithdraw(ctx context.Context, env *environment, args []string) int {
	c := newServerCall(env, "withdraw", "DIGEST", policyWithdrawAbout)
	w, exit, ok := c.beginWaiting(ctx, args)
	if !ok {
		return exit
	}
	if err := c.call(ctx, http.MethodDelete, w.path(""), "", nil, nil); err != nil {
		return c.failed(err)
	}
	return c.answer(map[string]string{"withdrawn": w.Digest}, func(p *page) {
		p.line("", c.sayf("the policy %s waits no longer; the one in force stays", "die Regeln %s warten nicht mehr; die geltenden bleiben", short(w.Digest)))
	})
}
