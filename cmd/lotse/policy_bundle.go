package main

import (
	"context"
	"fmt"

	"github.com/lotse-edge/lotse/policies"
)

const policyBundleAbout = `
Packs the folder of a policy as one file, a bundle in OPA's format, and signs it if there is a key. It does not check the policy: the
server does when it is pushed, and 'lotse policy check' does here.`

// policyBundle is lotse policy bundle.
func policyBundle(_ context.Context, env *environment, args []string) int {
	c := newPolicyCall(env, "bundle", "DIR --out FILE", policyBundleAbout)
	out := c.String("out", "", "`file` for the bundle")
	id := c.String("key-id", "", "`id` by which the server knows the key: the name of its file without .pem")
	key := c.String("key", "", "`file` with the private key in PEM (PKCS #8)")
	operands, exit, ok := c.parseBetween(args, 1, 1)
	switch {
	case !ok:
		return exit
	case *out == "":
		return c.misuse("needs --out")
	case (*id == "") != (*key == ""):
		return c.misuse("--key-id and --key come together")
	}
	var signer *policies.Signer
	if *key != "" {
		private, err := readSmall(env.path(*key))
		if err == nil {
			signer, err = policies.ParseSigner(*id, private)
		}
		if err != nil {
			return env.fail(c.Name(), fmt.Errorf("read the signing key: %w", err))
		}
	}
	bundle, err := pack(env, operands[0], signer)
	if err == nil {
		err = writeAtomic(env.path(*out), bundle, 0o644)
	}
	if err != nil {
		return env.fail(c.Name(), err)
	}
	if c.json {
		return c.end(c.page(), c.printJSON(map[string]any{"file": *out, "bytes": len(bundle), "signed_by": *id}))
	}
	p := c.page()
	p.line("", c.sayf("packed %s (%d KiB)", "%s gepackt (%d KiB)", *out, kibibytes(len(bundle))))
	if *id != "" {
		p.line("", c.sayf("signed as %s", "unterschrieben als %s", *id))
	}
	return c.end(p, nil)
}
