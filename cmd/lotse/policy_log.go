package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	policyledger "github.com/lotse-edge/lotse/policies/ledger"
)

const policyLogAbout = `
Shows the log of policies: who is an officer, who approved what, and which policy was in force when. It reads files only, of a
server that runs or of a copy of its folder policy-log, and checks all of them each time.

--verify          says that the log is in order; with --kept, also that it goes on from a signed head that was kept
--at TIME         says which policy was in force then (TIME as 2026-01-31T12:00:00Z)
--prove N         prints a proof of entry N, which can be checked without the log
--check-proof F   checks such a proof
--head            prints the signed head, to keep elsewhere: against it a rewritten history shows`

// policyLogCall is one call of lotse policy log.
type policyLogCall struct {
	env    *environment
	data   string
	key    string // a file; empty: the one beside the log
	kept   string
	json   bool
	verify bool
	head   bool
	at     string
	prove  int64
	proof  string
}

// policyLogCommand is lotse policy log.
func policyLogCommand(_ context.Context, env *environment, args []string) int {
	f := newFlags(env, "policy log", "", policyLogAbout)
	c := policyLogCall{env: env}
	f.StringVar(&c.data, "data", defaultData, "`folder` of the server, or one with a copy of its policy-log")
	f.StringVar(&c.key, "key", "", "`file` with the log's public key (policy-log/key.pub when left out)")
	f.StringVar(&c.kept, "kept", "", "`file` with a signed head that was kept; for verify")
	f.BoolVar(&c.json, "json", false, "print JSON; for the list, verify and at")
	f.BoolVar(&c.verify, "verify", false, "check the whole log")
	f.BoolVar(&c.head, "head", false, "print the signed head")
	f.StringVar(&c.at, "at", "", "a `time`: which policy was in force")
	f.Int64Var(&c.prove, "prove", 0, "`number` of an entry to prove")
	f.StringVar(&c.proof, "check-proof", "", "`file` with a proof")
	if _, exit, ok := f.parse(args, 0); !ok {
		return exit
	}
	asked := 0
	for _, name := range []string{"verify", "head", "at", "prove", "check-proof"} {
		if set(f.FlagSet, name) {
			asked++
		}
	}
	at, err := time.Parse(time.RFC3339, c.at)
	switch {
	case asked > 1:
		return f.misuse("verify, head, at, prove and check-proof are asked for one at a time")
	case set(f.FlagSet, "kept") && !c.verify:
		return f.misuse("--kept goes with --verify")
	case set(f.FlagSet, "at") && err != nil:
		return f.misuse("--at takes a time such as 2026-01-31T12:00:00Z")
	case c.json && (c.head || set(f.FlagSet, "prove") || set(f.FlagSet, "check-proof")):
		return f.misuse("--json goes with the list, --verify and --at")
	}
	do := c.list
	switch {
	case c.verify:
		do = c.sayVerified
	case c.head:
		do = func(r *policyledger.Report, _ string) error { return c.write(r.Signed) }
	case set(f.FlagSet, "at"):
		do = func(r *policyledger.Report, _ string) error { return c.sayInForce(r, at) }
	case set(f.FlagSet, "prove"):
		do = c.proveEntry
	case set(f.FlagSet, "check-proof"):
		if err := c.checkProof(); err != nil {
			return env.fail("policy log", err)
		}
		return exitOK
	}
	if err := c.read(do); err != nil {
		return env.fail("policy log", err)
	}
	return exitOK
}

// read verifies the log and hands it on, with the public key that it was checked with.
func (c *policyLogCall) read(do func(*policyledger.Report, string) error) error {
	s := fileStorage{filepath.Join(c.env.path(c.data), policyLogFolder)}
	if _, err := os.Stat(s.dir); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no log of policies in %s: name the server's folder with --data", c.data)
	}
	key, err := c.publicKey()
	if err != nil {
		return err
	}
	r, err := policyledger.Verify(s, key)
	if err != nil {
		return err
	}
	return do(r, key)
}

func (c *policyLogCall) publicKey() (string, error) {
	file := c.key
	if file == "" {
		file = filepath.Join(c.data, policyLogFolder, policyLogPublic)
	}
	key, err := readSmall(c.env.path(file))
	if err != nil {
		return "", fmt.Errorf("read the log's public key: %w", err)
	}
	return strings.TrimSpace(key), nil
}

// readSmall reads a key, a head or a proof.
func readSmall(file string) (string, error) {
	const most = 64 << 10
	info, err := os.Stat(file)
	if err != nil {
		return "", err
	}
	if info.Size() > most {
		return "", fmt.Errorf("%s is no key, head or proof: it is longer than %d bytes", filepath.Base(file), most)
	}
	raw, err := os.ReadFile(file)
	return string(raw), err
}

func (c *policyLogCall) write(text string) error {
	_, err := c.env.stdout.Write([]byte(text))
	return err
}

func (c *policyLogCall) proveEntry(r *policyledger.Report, _ string) error {
	proof, err := r.ProveEntry(c.prove)
	if err != nil {
		return err
	}
	return c.write(proof)
}

func (c *policyLogCall) checkProof() error {
	key, err := c.publicKey()
	if err != nil {
		return err
	}
	proof, err := readSmall(c.env.path(c.proof))
	if err != nil {
		return fmt.Errorf("read the proof: %w", err)
	}
	e, head, err := policyledger.VerifyProof(proof, key)
	if err != nil {
		return err
	}
	return c.write(fmt.Sprintf("the proof holds: entry %d is in the log of %d entries whose head is %s\n%s%s",
		e.Number, head.Size, head.Hash, entryLine(e), c.keyHint()))
}

// checkGrowth holds the log against the head that was kept, and gives the number of entries of that one.
func (c *policyLogCall) checkGrowth(r *policyledger.Report, key string) (int64, error) {
	kept, err := readSmall(c.env.path(c.kept))
	if err != nil {
		return 0, fmt.Errorf("read the kept head: %w", err)
	}
	proof, err := r.ProveGrowth(kept, key)
	if err != nil {
		return 0, err
	}
	from, _, err := policyledger.VerifyGrowth(kept, proof, key)
	return from.Size, err
}
