package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/lotse-edge/lotse/policies"
	policyledger "github.com/lotse-edge/lotse/policies/ledger"
)

// serverCall is one call of a command about the policies of a running server.
type serverCall struct {
	*policyCall
	admin  adminFlags
	client *client
}

func newServerCall(env *environment, name, operands, about string) *serverCall {
	c := &serverCall{policyCall: newPolicyCall(env, name, operands, about)}
	c.admin = c.flags.admin()
	return c
}

// begin reads the command line and finds the server.
func (c *serverCall) begin(args []string, least, most int) (operands []string, exit int, ok bool) {
	operands, exit, ok = c.parseBetween(args, least, most)
	if !ok {
		return nil, exit, false
	}
	var err error
	if c.client, err = c.admin.client(c.env); err != nil {
		return nil, c.env.fail(c.Name(), err), false
	}
	return operands, exitOK, true
}

const policyPath = "/admin/v1/policy"

// policyOfServer is what a server says of its policies.
type policyOfServer struct {
	Digest     string      `json:"digest"`
	Sources    string      `json:"sources"`
	Since      *time.Time  `json:"since,omitempty"`
	Entry      *int64      `json:"entry,omitempty"`
	Situations int         `json:"situations"`
	Officers   []string    `json:"officers"`
	Candidates []candidate `json:"candidates"`
	Head       string      `json:"head,omitempty"`
}

// candidate is a policy that waits on a server.
type candidate struct {
	Digest      string                `json:"digest"`
	Sources     string                `json:"sources"`
	Replaces    string                `json:"replaces"`
	Revision    string                `json:"revision,omitempty"`
	SignedBy    string                `json:"signed_by,omitempty"`
	Changed     int64                 `json:"changed"`
	Widened     int64                 `json:"widened"`
	Narrowed    int64                 `json:"narrowed"`
	InForce     bool                  `json:"in_force"`
	ApprovedBy  []string              `json:"approved_by"`
	Missing     string                `json:"missing,omitempty"`
	Broken      []problemEntry        `json:"broken,omitempty"`
	Certificate *policies.Certificate `json:"certificate"`
}

func (c *serverCall) call(ctx context.Context, method, path, contentType string, body []byte, answer any) error {
	return c.client.call(ctx, method, policyPath+path, nil, contentType, body, answer)
}

func (c *serverCall) status(ctx context.Context) (p policyOfServer, err error) {
	return p, c.call(ctx, http.MethodGet, "", "", nil, &p)
}

// waiting finds the policy that waits on the server, by the beginning of its digest.
func (c *serverCall) waiting(ctx context.Context, prefix string) (p policyOfServer, found candidate, err error) {
	if p, err = c.status(ctx); err != nil {
		return p, found, err
	}
	fits := slices.DeleteFunc(slices.Clone(p.Candidates), func(w candidate) bool { return !strings.HasPrefix(w.Digest, prefix) })
	switch {
	case len(prefix) < shortest:
		return p, found, fmt.Errorf("a digest is named by %d characters at least", shortest)
	case len(fits) == 1:
		return p, fits[0], nil
	case len(fits) > 1:
		return p, found, fmt.Errorf("%s begins more than one digest: give more of it", prefix)
	case strings.HasPrefix(p.Digest, prefix):
		return p, found, fmt.Errorf("the policy %s is in force already", short(p.Digest))
	}
	return p, found, errors.New("no policy of this digest waits on the server: see lotse policy status, or send it with lotse policy push")
}

// shortest is how much of a digest has to be given at least.
const shortest = 8

// path names a policy that waits.
func (w *candidate) path(rest string) string {
	return "/candidates/" + url.PathEscape(w.Digest) + rest
}

// release is what an officer signs for.
func (w *candidate) release() (r policyledger.Release, err error) {
	r = policyledger.Release{Changed: w.Changed, Widened: w.Widened, Narrowed: w.Narrowed}
	for _, d := range []struct {
		digest *policyledger.Digest
		text   string
	}{{&r.Policy, w.Digest}, {&r.Sources, w.Sources}, {&r.Replaces, w.Replaces}} {
		if *d.digest, err = policyledger.ParseDigest(d.text); err != nil {
			return r, fmt.Errorf("read the server's answer: %w", err)
		}
	}
	return r, r.Validate()
}

// failed says what went wrong; what a server found is a list as compilers write it.
func (c *serverCall) failed(err error) int {
	p, ok := errors.AsType[*problem](err)
	switch {
	case ok && c.json:
		if err := c.printJSON(p); err != nil {
			return c.env.fail(c.Name(), err)
		}
		return exitFailed
	case ok && len(p.Errors) > 0:
		for _, e := range p.Errors {
			fmt.Fprintln(c.env.stderr, e.line())
		}
		return c.env.fail(c.Name(), fmt.Errorf("%s (%d errors); nothing was changed", p.Title, len(p.Errors)))
	}
	return c.env.fail(c.Name(), err)
}

// answer prints what the server says: as JSON, or in words.
func (c *serverCall) answer(v any, words func(p *page)) int {
	if c.json {
		return c.end(c.page(), c.printJSON(v))
	}
	p := c.page()
	words(p)
	return c.end(p, nil)
}

// describe says what a policy that waits would change.
func (c *serverCall) describe(p *page, w *candidate) {
	name := short(w.Digest)
	if w.Revision != "" {
		name += c.sayf(", revision %s", ", Revision %s", w.Revision)
	}
	if w.SignedBy != "" {
		name += c.sayf(", signed by %s", ", unterschrieben von %s", w.SignedBy)
	}
	p.fact("", c.say("policy", "Regeln"), 10, name)
	p.fact("", c.say("instead", "statt"), 10, short(w.Replaces))
	p.fact("", c.say("changes", "ändert"), 10, c.changes(w))
}

func (c *serverCall) changes(w *candidate) string {
	n := func(i int64) string { return c.count(uint64(i)) }
	switch {
	case w.Changed == 0:
		return c.say("no answer; only words, articles or comments", "keine Antwort; nur Worte, Artikel oder Kommentare")
	case w.Widened == 0:
		return c.sayf("%s of %s situations: %s permit less, NONE permits more", "%s von %s Lagen: %s erlauben weniger, KEINE erlaubt mehr",
			n(w.Changed), c.count(policies.SituationCount), n(w.Narrowed))
	}
	return c.sayf("%s of %s situations: %s PERMIT MORE, %s permit less", "%s von %s Lagen: %s ERLAUBEN MEHR, %s erlauben weniger",
		n(w.Changed), c.count(policies.SituationCount), n(w.Widened), n(w.Narrowed))
}

// next says who has to do what before a policy may come into force. Officers tells whether there is one.
func (c *serverCall) next(p *page, w *candidate, officers bool) {
	digest := short(w.Digest)
	p.gap()
	switch {
	case w.InForce:
		p.line("", c.say("It is in force already: there is nothing to do.", "Sie gelten schon: es ist nichts zu tun."))
		return
	case len(w.Broken) > 0:
		p.line("", c.say("It cannot come into force, because own rules of tenants do not hold under it:", "Sie können nicht in Kraft treten, weil eigene Regeln von Mandanten damit nicht gelten:"))
		for _, b := range w.Broken {
			p.line("  ", b.line())
		}
		return
	case !officers:
		p.line("", c.say("Next: name an officer, who then approves it: lotse policy officer NAME --out FILE, lotse policy officers add.",
			"Als Nächstes: eine beauftragte Person benennen, die dann zustimmt: lotse policy officer NAME --out DATEI, lotse policy officers add."))
		return
	case len(w.ApprovedBy) > 0:
		p.line("", c.sayf("Approved by %s.", "Zugestimmt hat: %s.", strings.Join(w.ApprovedBy, ", ")))
	}
	switch {
	case w.Missing == "":
		p.line("", c.sayf("Next: put it in force: lotse policy release %s", "Als Nächstes: in Kraft setzen: lotse policy release %s", digest))
	case len(w.ApprovedBy) == 1:
		p.line("", c.sayf("Next: it permits more, so another officer has to approve it too, with a key of their own: lotse policy approve %s --key FILE",
			"Als Nächstes: sie erlauben mehr, darum muss noch jemand zustimmen, mit eigenem Schlüssel: lotse policy approve %s --key DATEI", digest))
	case w.Widened > 0:
		p.line("", c.sayf("Next: it permits more, so two officers have to read what it changes and approve it, each with a key of their own: lotse policy approve %s --key FILE",
			"Als Nächstes: sie erlauben mehr, darum müssen zwei Beauftragte lesen, was sich ändert, und zustimmen, jeweils mit eigenem Schlüssel: lotse policy approve %s --key DATEI", digest))
	default:
		p.line("", c.sayf("Next: an officer has to read what it changes and approve it: lotse policy approve %s --key FILE",
			"Als Nächstes: eine beauftragte Person muss lesen, was sich ändert, und zustimmen: lotse policy approve %s --key DATEI", digest))
	}
}
