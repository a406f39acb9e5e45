package main

import (
	"context"
	"crypto/rand"
	"fmt"

	policyledger "github.com/lotse-edge/lotse/policies/ledger"
)

const policyOfficerAbout = `
Makes the key with which a privacy officer approves policies. The private key goes to a new file that only its owner may read,
and to nobody else; the line that is printed is the public key, for the server to know the officer by.`

// policyOfficerCommand is lotse policy officer.
func policyOfficerCommand(_ context.Context, env *environment, args []string) int {
	f := newFlags(env, "policy officer", "NAME --out FILE", policyOfficerAbout)
	out := f.String("out", "", "new `file` for the private key (mode 0600)")
	operands, exit, ok := f.parse(args, 1)
	if !ok {
		return exit
	}
	if *out == "" {
		return f.misuse("needs --out")
	}
	private, public, err := policyledger.NewOfficerKey(operands[0], rand.Reader)
	if err != nil {
		return env.fail("policy officer", err)
	}
	if err := writeNew(env.path(*out), private+"\n"); err != nil {
		return env.fail("policy officer", fmt.Errorf("write the key: %w", err))
	}
	fmt.Fprintln(env.stdout, public)
	fmt.Fprintf(env.stderr, "wrote the private key of %s to %s; keep it where nobody else can read it\n", operands[0], *out)
	return exitOK
}
