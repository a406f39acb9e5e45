package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
)

const rulesShadowAbout = `
Has a version run beside the one in force, on the same live input. What it says goes nowhere; lotse rules list counts how often it
says something else. For the digest its first six digits are enough, or the version's number where just one has it.

  lotse rules shadow --tenant winery interest 1.1.0
  lotse rules shadow --tenant winery interest --off`

func rulesShadow(ctx context.Context, env *environment, args []string) int {
	c := newRulesServerCall(env, "shadow", "NAME [DIGEST]", rulesShadowAbout)
	off := c.Bool("off", false, "end the shadow that runs")
	operands, exit, ok := c.begin(args, 1, 2)
	switch {
	case !ok:
		return exit
	case *off == (len(operands) == 2):
		return c.misuse("needs the DIGEST of a version, or --off")
	case *off:
		return c.change(ctx, http.MethodDelete, operands[0], "modules", operands[0], "shadow")
	}
	digest, err := c.digest(ctx, operands[0], operands[1])
	if err != nil {
		return c.failed(err)
	}
	var v versionOfServer
	if err := c.call(ctx, http.MethodPost, []string{"modules", operands[0], "versions", digest, "shadow"}, nil, "", nil, &v); err != nil {
		return c.failed(err)
	}
	return c.tell(&v)
}

const rulesActivateAbout = `
Puts a version in force, at once for all visitors; without a DIGEST the one that runs as a shadow. The version in force up to now
is kept: lotse rules rollback puts it in force again.

  lotse rules activate --tenant winery interest 1.1.0`

func rulesActivate(ctx context.Context, env *environment, args []string) int {
	c := newRulesServerCall(env, "activate", "NAME [DIGEST]", rulesActivateAbout)
	operands, exit, ok := c.begin(args, 1, 2)
	if !ok {
		return exit
	}
	name := operands[0]
	if len(operands) == 1 {
		return c.change(ctx, http.MethodPost, name, "modules", name, "activate")
	}
	digest, err := c.digest(ctx, name, operands[1])
	if err != nil {
		return c.failed(err)
	}
	return c.change(ctx, http.MethodPost, name, "modules", name, "versions", digest, "activate")
}

const rulesRollbackAbout = `
Puts the version that was in force before in force again, at once. Another call takes that back.

  lotse rules rollback --tenant winery interest`

func rulesRollback(ctx context.Context, env *environment, args []string) int {
	c := newRulesServerCall(env, "rollback", "NAME", rulesRollbackAbout)
	operands, exit, ok := c.begin(args, 1, 1)
	if !ok {
		return exit
	}
	return c.change(ctx, http.MethodPost, operands[0], "modules", operands[0], "rollback")
}

// change makes a call that puts the tenant in force anew, and tells which version of the rule is in force after it.
func (c *rulesServerCall) change(ctx context.Context, method, name string, segments ...string) int {
	var a applied
	if err := c.call(ctx, method, segments, nil, "", nil, &a); err != nil {
		return c.failed(c.explained(err, name))
	}
	if c.json {
		return c.print(a)
	}
	for _, m := range a.Modules {
		if m.Name == name {
			fmt.Fprintf(c.env.stdout, "%s %s %s is in force\n", m.Name, m.Version, short(m.Digest))
		}
		sayNew(c.env, m.Name, m.New)
	}
	return exitOK
}

// explained says in this program's words what the server says in those of its calls.
func (c *rulesServerCall) explained(err error, name string) error {
	p, ok := errors.AsType[*problem](err)
	switch {
	case ok && p.is("no-shadow"):
		return fmt.Errorf("no version of %s runs as a shadow; lotse rules list --tenant %s shows the versions", name, c.tenant)
	case ok && p.is("no-previous"):
		return fmt.Errorf("no version of %s was in force before; lotse rules list --tenant %s shows the versions", name, c.tenant)
	}
	return err
}

// sayNew warns of what a module does that none of its versions did before, and that nobody had to approve.
func sayNew(env *environment, name string, lines []string) {
	for _, line := range lines {
		fmt.Fprintf(env.stderr, "warning: new: %s %s; nobody had to approve it\n", name, line)
	}
}
