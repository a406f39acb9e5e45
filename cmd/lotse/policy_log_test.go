package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	policyledger "github.com/lotse-edge/lotse/policies/ledger"
)

// call runs one command in a folder.
func call(dir string, command func(context.Context, *environment, []string) int, args ...string) (stdout, stderr string, exit int) {
	env := testEnvironment(dir)
	exit = command(context.Background(), env, args)
	return env.stdout.(*bytes.Buffer).String(), env.stderr.(*bytes.Buffer).String(), exit
}

// wantCall fails the test where a command does not end so, or does not print this on the stream that goes with it.
func wantCall(t *testing.T, dir string, command func(context.Context, *environment, []string) int, exit int, want string, args ...string) string {
	t.Helper()
	stdout, stderr, got := call(dir, command, args...)
	stream := stdout
	if exit != exitOK {
		stream = stderr
	}
	if got != exit || !strings.Contains(stream, want) {
		t.Errorf("%q: exit %d, stdout %q, stderr %q; want exit %d with %q", args, got, stdout, stderr, exit, want)
	}
	return stdout
}

// noon is the clock of testEnvironment.
var noon = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

// policyLogOfTwo makes a data folder in which anna and ben have put a policy in force, five entries in all.
func policyLogOfTwo(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	log, err := openPolicyLog(filepath.Join(dir, "data"))
	if err != nil {
		t.Fatal(err)
	}
	release := policyledger.Release{Policy: sha256.Sum256([]byte("table")), Sources: sha256.Sum256([]byte("sources")), Changed: 312, Widened: 12, Narrowed: 300}
	for _, name := range []string{"anna", "ben"} {
		public, _, exit := call(dir, policyOfficerCommand, name, "--out", name+".key")
		if exit != exitOK {
			t.Fatalf("policy officer %s: exit %d", name, exit)
		}
		if _, err := log.AddOfficer(public, noon.Add(-3*time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"anna", "ben"} {
		private, err := os.ReadFile(filepath.Join(dir, name+".key"))
		if err != nil {
			t.Fatal(err)
		}
		signed, err := policyledger.Sign(string(private), policyledger.Statement{Release: release, By: name, At: noon.Add(-2 * time.Hour), Remark: "as agreed"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := log.Approve(signed, noon.Add(-2*time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := log.PutInForce(release, noon.Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestPolicyOfficer(t *testing.T) {
	dir := t.TempDir()
	public := wantCall(t, dir, policyOfficerCommand, exitOK, "anna+", "anna", "--out", "anna.key")
	if officers, err := policyledger.ParseOfficers(public); err != nil || len(officers.Names()) != 1 {
		t.Errorf("printed %q: %v", public, err)
	}
	if strings.Contains(public, "PRIVATE") {
		t.Error("the private key is printed")
	}
	info, err := os.Stat(filepath.Join(dir, "anna.key"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("private key: %v, %v", info, err)
	}
	wantCall(t, dir, policyOfficerCommand, exitFailed, "write the key", "anna", "--out", "anna.key")
	wantCall(t, dir, policyOfficerCommand, exitFailed, "begins with a letter a-z", "Anna", "--out", "other.key")
	wantCall(t, dir, policyOfficerCommand, exitUsage, "needs --out", "anna")
	wantCall(t, dir, policyOfficerCommand, exitUsage, "needs NAME", "--out", "x.key")
}

func TestPolicyLog(t *testing.T) {
	dir := policyLogOfTwo(t)
	list := wantCall(t, dir, policyLogCommand, exitOK, "   0  2026-01-31T09:00:00Z  anna became an officer, with the key anna+")
	if want := `   2  2026-01-31T10:00:00Z  anna approved policy 0d4fc4a78d37 in place of none (312 situations change, 12 permit more, 300 permit less): "as agreed"` + "\n"; !strings.Contains(list, want) {
		t.Errorf("list %q is without %q", list, want)
	}
	if want := "came into force: policy 0d4fc4a78d37 in place of none (312 situations change, 12 permit more, 300 permit less), approved by entry 2 and entry 3\n"; !strings.HasSuffix(list, want) {
		t.Errorf("list %q does not end with %q", list, want)
	}
	verified := wantCall(t, dir, policyLogCommand, exitOK, "the log is in order\n  entries   5\n", "--verify")
	for _, want := range []string{"officers  anna, ben", "approved by anna (entry 2) and ben (entry 3)", "--key FILE"} {
		if !strings.Contains(verified, want) {
			t.Errorf("verify printed %q, without %q", verified, want)
		}
	}
	wantCall(t, dir, policyLogCommand, exitOK, "was in force: policy 0d4fc4a7", "--at", "2026-01-31T12:00:00+01:00")
	wantCall(t, dir, policyLogCommand, exitOK, "no policy had come into force", "--at", "2026-01-31T10:59:59Z")
	wantCall(t, dir, policyLogCommand, exitOK, "still to come", "--at", "2027-01-01T00:00:00Z")
	wantCall(t, dir, policyLogCommand, exitUsage, "--at takes a time", "--at", "yesterday")
	wantCall(t, dir, policyLogCommand, exitUsage, "one at a time", "--verify", "--head")
	wantCall(t, dir, policyLogCommand, exitUsage, "--kept goes with --verify", "--kept", "head")
	wantCall(t, dir, policyLogCommand, exitUsage, "--json goes with", "--head", "--json")
	wantCall(t, dir, policyLogCommand, exitFailed, "there is no log of policies in elsewhere", "--data", "elsewhere")
	wantCall(t, dir, policyLogCommand, exitFailed, "the log has no entry 5", "--prove", "5")
}

func TestPolicyLogJSON(t *testing.T) {
	dir := policyLogOfTwo(t)
	var entries []struct {
		Kind, Officer, Remark string
		Release               *struct{ Policy, Replaces string }
		Approvals             []int64
	}
	if err := json.Unmarshal([]byte(wantCall(t, dir, policyLogCommand, exitOK, "", "--json")), &entries); err != nil {
		t.Fatal(err)
	}
	if len(entries) != 5 || entries[0].Officer != "anna" || entries[3].Remark != "as agreed" || entries[4].Release.Replaces != "none" || len(entries[4].Approvals) != 2 {
		t.Errorf("entries: %+v", entries)
	}
	var verified struct {
		Entries  int
		Officers []string
		InForce  *struct{ Entry int } `json:"in_force"`
	}
	if err := json.Unmarshal([]byte(wantCall(t, dir, policyLogCommand, exitOK, "", "--verify", "--json")), &verified); err != nil {
		t.Fatal(err)
	}
	if verified.Entries != 5 || len(verified.Officers) != 2 || verified.InForce == nil || verified.InForce.Entry != 4 {
		t.Errorf("verified: %+v", verified)
	}
	wantCall(t, dir, policyLogCommand, exitOK, "null\n", "--at", "2020-01-01T00:00:00Z", "--json")
}

func TestPolicyLogProofs(t *testing.T) {
	dir := policyLogOfTwo(t)
	write := func(name, content string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	proof := wantCall(t, dir, policyLogCommand, exitOK, "entry 4", "--prove", "4")
	head := wantCall(t, dir, policyLogCommand, exitOK, "lotse-log\n5\n", "--head")
	write("proof", proof)
	write("head", head)
	key := filepath.Join("data", policyLogFolder, policyLogPublic)
	wantCall(t, dir, policyLogCommand, exitOK, "the proof holds: entry 4 is in the log of 5 entries", "--check-proof", "proof", "--key", key)
	write("false", strings.Replace(proof, "widened 12", "widened 10", 1))
	wantCall(t, dir, policyLogCommand, exitFailed, "not in the log", "--check-proof", "false")
	log, err := openPolicyLog(filepath.Join(dir, "data"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := log.RemoveOfficer("ben", noon); err != nil {
		t.Fatal(err)
	}
	grown := wantCall(t, dir, policyLogCommand, exitOK, "head of 5 entries that was kept: nothing was rewritten", "--verify", "--kept", "head", "--key", key)
	if strings.Contains(grown, "--key FILE") {
		t.Error("the hint shows although a key was given")
	}
	other := policyLogOfTwo(t)
	wantCall(t, other, policyLogCommand, exitFailed, "no key that is known here", "--verify", "--key", filepath.Join(dir, key))
}

func TestPolicyLogOnDisk(t *testing.T) {
	dir := policyLogOfTwo(t)
	data := filepath.Join(dir, "data")
	folder := filepath.Join(data, policyLogFolder)
	for name, mode := range map[string]os.FileMode{
		folder: 0o700, filepath.Join(folder, "entries"): 0o600, filepath.Join(folder, "hashes"): 0o600, filepath.Join(folder, "head"): 0o600,
		filepath.Join(data, policyLogKey): 0o600,
	} {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: %v, %v; want mode %o", filepath.Base(name), info, err, mode)
		}
	}
	// A power cut in the middle of an append.
	entries, err := os.ReadFile(filepath.Join(folder, "entries"))
	if err != nil {
		t.Fatal(err)
	}
	if err := (fileStorage{folder}).Append("entries", []byte("entry 5 90\nofficer_")); err != nil {
		t.Fatal(err)
	}
	wantCall(t, dir, policyLogCommand, exitOK, "a crash left an append unfinished", "--verify")
	if _, err := openPolicyLog(data); err != nil {
		t.Fatal(err)
	}
	if after, err := os.ReadFile(filepath.Join(folder, "entries")); err != nil || !bytes.Equal(after, entries) {
		t.Errorf("the start left %d bytes of %d, %v", len(after), len(entries), err)
	}
	// A changed byte.
	if err := os.WriteFile(filepath.Join(folder, "entries"), bytes.Replace(entries, []byte("widened 12"), []byte("widened 10"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	wantCall(t, dir, policyLogCommand, exitFailed, "rewritten or damaged", "--verify")
	// A lost key does not begin another log.
	if err := os.Remove(filepath.Join(data, policyLogKey)); err != nil {
		t.Fatal(err)
	}
	if _, err := openPolicyLog(data); err == nil || !strings.Contains(err.Error(), "put it back from a copy") {
		t.Errorf("without its key: %v", err)
	}
}
