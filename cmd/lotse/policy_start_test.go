package main

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/lotse-edge/lotse/policies"
	policyledger "github.com/lotse-edge/lotse/policies/ledger"
)

// countingHost counts the proofs that are made: each opens a host once.
type countingHost struct {
	policyHost
	opened atomic.Int64
}

func (h *countingHost) OpenPolicy(ctx context.Context, wasm, data []byte) (policies.CompiledPolicy, error) {
	h.opened.Add(1)
	return h.policyHost.OpenPolicy(ctx, wasm, data)
}

// policyStarts starts on one data folder, time and again.
type policyStarts struct {
	data string
	host countingHost
	log  bytes.Buffer
}

var startSecret = bytes.Repeat([]byte{7}, 32)

// start does what serve does to find its policy.
func (s *policyStarts) start(t *testing.T) (*policies.Table, *policyledger.Log, error) {
	t.Helper()
	log := slog.New(slog.NewTextHandler(&s.log, nil))
	l, err := openPolicyLog(s.data)
	if err != nil {
		t.Fatal(err)
	}
	p := startPolicy{
		prover:  policies.Config{Host: &s.host, Proofs: newProofs(s.data, startSecret, log)},
		archive: policyArchive{filepath.Join(s.data, "policies")}, ledger: l, log: log, now: noon,
	}
	table, err := p.inForce(context.Background())
	return table, l, err
}

// starts wants a start that proves so many policies.
func (s *policyStarts) starts(t *testing.T, proofs int64) (*policies.Table, *policyledger.Log) {
	t.Helper()
	before := s.host.opened.Load()
	table, log, err := s.start(t)
	if err != nil {
		t.Fatal(err)
	}
	if n := s.host.opened.Load() - before; n != proofs {
		t.Errorf("%d policies were proved, want %d", n, proofs)
	}
	return table, log
}

func (s *policyStarts) fails(t *testing.T, words ...string) {
	t.Helper()
	_, _, err := s.start(t)
	for _, word := range words {
		if err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("the start says %v, without %q", err, word)
		}
	}
}

// longer is the base policy with one day more for what somebody does.
func longer(t *testing.T) policies.Source {
	t.Helper()
	s, err := policies.Base()
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for name, text := range s.Files {
		files[name] = strings.NewReplacer(`"behavioural": 395`, `"behavioural": 396`, "behavioural == 395", "behavioural == 396").Replace(text)
	}
	return policies.Source{Files: files}
}

// changeFile changes the middle of the one file that fits a pattern, and gives the way back.
func changeFile(t *testing.T, pattern string) (back func()) {
	t.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil || len(names) != 1 {
		t.Fatalf("%v: %d files fit", err, len(names))
	}
	content, err := os.ReadFile(names[0])
	if err != nil {
		t.Fatal(err)
	}
	changed := bytes.Clone(content)
	changed[len(changed)/2] ^= 1
	write := func(content []byte) {
		if err := os.WriteFile(names[0], content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(changed)
	return func() { write(content) }
}

// TestPolicyStart: a start finds the policy in force by the log, proves it once, and does not start with what was changed or lost.
func TestPolicyStart(t *testing.T) {
	s := &policyStarts{data: t.TempDir()}
	base, log := s.starts(t, 1)
	first, ok := log.InForce()
	if !ok || first.Release.Policy.String() != base.Digest() || first.Release.Replaces != (policyledger.Digest{}) {
		t.Fatalf("after the first start: %+v", first)
	}
	_, log = s.starts(t, 0)
	if again, _ := log.InForce(); again.Number != first.Number {
		t.Error("a start on what is in force is an entry of the log")
	}

	// A proof that was tampered with is not believed.
	proof := filepath.Join(s.data, "proofs", "*")
	changeFile(t, proof)
	if again, _ := s.starts(t, 1); again.Digest() != base.Digest() || !strings.Contains(s.log.String(), "has not our seal") {
		t.Errorf("after a changed proof: %s", s.log.String())
	}
	s.starts(t, 0)

	// Before there is an officer, the program's own policy is in force, and what it changes is in the log.
	source := longer(t)
	next, _, err := policies.Prove(context.Background(), policies.Config{Source: source, Host: policyHost{}})
	if err != nil {
		t.Fatal(err)
	}
	s.release(t, log, source, base, next)
	if now, log := s.starts(t, 1); now.Digest() != base.Digest() { // the one before is proved, to compare it
		t.Errorf("%s is in force", now.Digest())
	} else if e, _ := log.InForce(); e.Release.Narrowed == 0 || e.Release.Widened != 0 || e.Release.Replaces.String() != next.Digest() {
		t.Errorf("the log says %+v", e.Release)
	}
}

// release does what a server does at a release, or the part of it before the log is written.
func (s *policyStarts) release(t *testing.T, log *policyledger.Log, source policies.Source, before, after *policies.Table) {
	t.Helper()
	if err := (policyArchive{filepath.Join(s.data, "policies")}).save(after, source); err != nil {
		t.Fatal(err)
	}
	if log == nil {
		return
	}
	r := policyledger.Release{Changed: 1, Widened: 1}
	var err error
	for _, d := range []struct {
		digest *policyledger.Digest
		text   string
	}{{&r.Policy, after.Digest()}, {&r.Sources, after.Source()}, {&r.Replaces, before.Digest()}} {
		if *d.digest, err = policyledger.ParseDigest(d.text); err != nil {
			t.Fatal(err)
		}
	}
	if log.Governed() {
		for _, name := range log.Officers().Names() {
			private, err := os.ReadFile(filepath.Join(s.data, name+".key"))
			if err != nil {
				t.Fatal(err)
			}
			signed, err := policyledger.Sign(string(private), policyledger.Statement{Release: r, By: name, At: noon})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := log.Approve(signed, noon); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := log.PutInForce(r, noon); err != nil {
		t.Fatal(err)
	}
}

// TestPolicyStartGoverned: once there was an officer, only a release changes the policy.
func TestPolicyStartGoverned(t *testing.T) {
	s := &policyStarts{data: t.TempDir()}
	base, log := s.starts(t, 1)
	for _, name := range []string{"anna", "ben"} {
		public, _, exit := call(s.data, policyOfficerCommand, name, "--out", name+".key")
		if exit != exitOK {
			t.Fatal("no key")
		}
		if _, err := log.AddOfficer(public, noon); err != nil {
			t.Fatal(err)
		}
	}
	source := longer(t)
	next, _, err := policies.Prove(context.Background(), policies.Config{Source: source, Host: policyHost{}})
	if err != nil {
		t.Fatal(err)
	}
	s.release(t, nil, source, base, next) // a crash between the sources and the entry
	if now, _ := s.starts(t, 0); now.Digest() != base.Digest() {
		t.Error("what is in no log is in force")
	}
	_, log, err = s.start(t)
	if err != nil {
		t.Fatal(err)
	}
	s.release(t, log, source, base, next)
	if now, _ := s.starts(t, 1); now.Digest() != next.Digest() || now.Source() != next.Source() {
		t.Error("what was released is not in force")
	}
	s.starts(t, 0)

	bundle := filepath.Join(s.data, "policies", next.Source()+".tar.gz")
	back := changeFile(t, bundle)
	s.fails(t, "read the policy in force", next.Source()+".tar.gz", "put it back from a copy")
	back()
	other, err := os.ReadFile(filepath.Join(s.data, "policies", base.Source()+".tar.gz"))
	if err != nil {
		t.Fatal(err)
	}
	mine, err := os.ReadFile(bundle)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(bundle, other, 0o600); err != nil {
		t.Fatal(err)
	}
	s.fails(t, "does not hold what was approved", base.Source())
	if err := os.Remove(bundle); err != nil {
		t.Fatal(err)
	}
	s.fails(t, "names sources that are missing", next.Source()+".tar.gz")
	if err := os.WriteFile(bundle, mine, 0o600); err != nil {
		t.Fatal(err)
	}
	s.starts(t, 0)
}

func TestReadPolicyKeys(t *testing.T) {
	dir := t.TempDir()
	env := testEnvironment(dir)
	if keys, err := readPolicyKeys(env, ""); err != nil || len(keys.IDs()) != 0 {
		t.Errorf("%v, %v", keys.IDs(), err)
	}
	for _, c := range []struct{ file, content, want string }{
		{"", "", "holds no key"},
		{"dpo.pem", "no key", "read the key dpo"},
	} {
		if c.file != "" {
			if err := os.WriteFile(filepath.Join(dir, c.file), []byte(c.content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := readPolicyKeys(env, "."); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v", c.file, err)
		}
	}
	if _, err := readPolicyKeys(env, "nowhere"); err == nil {
		t.Error("a folder that is not there holds keys")
	}
}
