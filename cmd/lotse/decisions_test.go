package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/lotse-edge/lotse/policies/decisions"
)

var tableOne = decisions.Digest{31: 1}

const tableOneHex = "0000000000000000000000000000000000000000000000000000000000000001"

// decide logs decisions of one table in a server's folder.
func decide(t *testing.T, dir string, keys ...uint32) {
	t.Helper()
	l, err := decisions.Open(decisions.Config{
		Files:  decisionFiles{filepath.Join(dir, "decisions")},
		Now:    func() time.Time { return time.Date(2026, 3, 1, 12, 0, 30, 0, time.UTC) },
		Report: func(err error) { t.Error(err) },
	})
	if err != nil {
		t.Fatal(err)
	}
	l.Append(l.Table(tableOne), keys)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestDecisionFilesAreForTheOwnerOnly(t *testing.T) {
	dir := t.TempDir()
	decide(t, dir, 1)
	decide(t, dir, 2)
	for name, want := range map[string]string{
		"decisions": "700", "decisions/decisions-00000001.log": "600", "decisions/decisions-00000002.log": "600", "decisions/counts": "600",
	} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprintf("%o", info.Mode().Perm()); got != want {
			t.Errorf("%s has mode %s, want %s", name, got, want)
		}
	}
	files := decisionFiles{filepath.Join(dir, "decisions")}
	if _, err := files.Create("counts"); err == nil {
		t.Error("a file that is there is created again")
	}
	if names, err := (decisionFiles{filepath.Join(dir, "none")}).List(); err != nil || names != nil {
		t.Errorf("a folder that is not there holds %q, %v", names, err)
	}
}

func TestPolicyDecisions(t *testing.T) {
	dir := t.TempDir()
	decide(t, dir, 7, 9, 7)
	describe := func(d decisions.Digest, key uint32) (input, result json.RawMessage, ids []string, ok bool) {
		return json.RawMessage(`{"status":"given"}`), json.RawMessage(`{"permit":true}`), []string{"consent.given"}, d == tableOne && key == 9
	}
	call := func(describe decisions.Describe, args ...string) (stdout, stderr string, exit int) {
		env := testEnvironment(dir)
		exit = runDecisions(context.Background(), env, append([]string{"--data", "."}, args...), func(string) decisions.Describe { return describe })
		return fmt.Sprint(env.stdout), fmt.Sprint(env.stderr), exit
	}
	f := func(describe decisions.Describe, args, want string) {
		t.Helper()
		stdout, stderr, exit := call(describe, strings.Fields(args)...)
		if stdout != want || stderr != "" || exit != exitOK {
			t.Errorf("%s: exit %d, stderr %q, stdout\n%s\nwant\n%s", args, exit, stderr, stdout, want)
		}
	}
	line := func(sequence, row int) string {
		return fmt.Sprintf("%d\t2026-03-01T12:00Z\t%s\trow %d\n", sequence, tableOneHex, row)
	}
	f(nil, "", line(1, 7)+line(2, 9)+line(3, 7))
	f(nil, "--from 2 --limit 1", line(2, 9))
	f(nil, "--from 9", "")
	f(describe, "--json --from 2 --limit 1",
		`{"sequence":2,"segment_begun":"2026-03-01T12:00:00Z","table":"`+tableOneHex+`","row":9,"input":{"status":"given"},"result":{"permit":true},"ids":["consent.given"]}`+"\n")
	f(describe, "--json --limit 1", `{"sequence":1,"segment_begun":"2026-03-01T12:00:00Z","table":"`+tableOneHex+`","row":7}`+"\n")
	f(nil, "--counts", "3 decisions, 0 missing\n\ntable "+tableOneHex+": 3 decisions, 2026-03-01 12:00 to 2026-03-01 12:00 UTC\n"+
		"  row      7             2\n  row      9             1\n")
	stdout, _, exit := call(describe, "--opa", "--from", "2", "--limit", "1")
	var event map[string]any
	if err := json.Unmarshal([]byte(stdout), &event); err != nil || exit != exitOK || event["path"] != "privacy/decision" || event["decision_id"] == "" {
		t.Errorf("--opa: exit %d, %v, %s", exit, err, stdout)
	}
	stdout, _, exit = call(describe, "--counts", "--json")
	var counts struct {
		Tables []struct {
			Rows []struct{ IDs []string }
		}
	}
	if err := json.Unmarshal([]byte(stdout), &counts); err != nil || exit != exitOK || counts.Tables[0].Rows[1].IDs[0] != "consent.given" {
		t.Errorf("--counts --json: exit %d, %v, %s", exit, err, stdout)
	}

	misused := func(want string, args ...string) {
		t.Helper()
		if _, stderr, exit := call(nil, args...); exit != exitUsage || !strings.Contains(stderr, want) {
			t.Errorf("%q: exit %d, %s", args, exit, stderr)
		}
	}
	misused("of all decisions", "--counts", "--from", "2")
	misused("JSON already", "--opa", "--json")
	misused("takes flags only, got 1 operands", "more")
	if _, stderr, exit := call(nil, "--data", "elsewhere"); exit != exitFailed || !strings.Contains(stderr, "elsewhere holds no decisions") {
		t.Errorf("another folder: exit %d, %s", exit, stderr)
	}
}

// Damage is told, what is behind it is shown, and the exit code says that not all is there.
func TestPolicyDecisionsShowsWhatIsLeft(t *testing.T) {
	dir := t.TempDir()
	decide(t, dir, 7)
	decide(t, dir, 8)
	decide(t, dir, 9)
	name := filepath.Join(dir, "decisions", "decisions-00000002.log")
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	content[len(content)-1] ^= 1
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
	env := testEnvironment(dir)
	exit := policyDecisions(t.Context(), env, []string{"--data", "."})
	stdout, stderr := fmt.Sprint(env.stdout), fmt.Sprint(env.stderr)
	if exit != exitFailed || strings.Count(stdout, "\n") != 2 || !strings.Contains(stdout, "row 9") ||
		!strings.Contains(stderr, "decisions-00000002.log at byte 32: the checksum does not match: decisions 2 to 2 are missing") {
		t.Errorf("exit %d, stderr %q, stdout\n%s", exit, stderr, stdout)
	}
}
