package main

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lotse-edge/lotse/policies"
	"github.com/lotse-edge/lotse/policies/decisions"
)

// wineryWithoutRules writes the sample tenant without what needs its modules, and without a controller.
func wineryWithoutRules(t *testing.T, dir string) {
	t.Helper()
	files := map[string]string{"stages.yaml": "stages:\n  - name: visit\n", "content.yaml": "slots: {}\n", "forms.yaml": "forms: {}\n"}
	for _, name := range []string{"tenant.yaml", "catalogue.yaml"} {
		text, err := os.ReadFile(filepath.Join("samples", "winery", name))
		if err != nil {
			t.Fatal(err)
		}
		files[name], _, _ = strings.Cut(string(text), "\ncontroller:\n")
	}
	if err := os.Mkdir(filepath.Join(dir, "winery"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, "winery", name), []byte(text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// usedServer makes the folder of a server on which analytics was permitted twice.
func usedServer(t *testing.T, dir string) {
	t.Helper()
	ctx := context.Background()
	data := filepath.Join(dir, "data")
	log, err := openPolicyLog(data)
	if err != nil {
		t.Fatal(err)
	}
	kept := policyArchive{filepath.Join(data, "policies")}
	quiet := slog.New(slog.DiscardHandler)
	start := &startPolicy{
		prover:  policies.Config{Host: policyHost{}, Proofs: newProofs(data, []byte("secret"), quiet)},
		archive: kept, ledger: log, log: quiet, now: noon,
	}
	table, err := start.inForce(ctx)
	if err != nil {
		t.Fatal(err)
	}
	digest, err := decisions.ParseDigest(table.Digest())
	if err != nil {
		t.Fatal(err)
	}
	decided, err := decisions.Open(decisions.Config{Files: decisionFiles{filepath.Join(data, "decisions")}, Now: testEnvironment(dir).now})
	if err != nil {
		t.Fatal(err)
	}
	analytics := policies.Situation{Status: policies.StatusGiven, Proof: policies.ProofSingle, Device: policies.DeviceConsented}
	for range 2 {
		decided.Append(decided.Table(digest), []uint32{analytics.Key()})
	}
	if err := decided.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestPolicyExport(t *testing.T) {
	dir := t.TempDir()
	wineryWithoutRules(t, dir)
	usedServer(t, dir)
	stdout, stderr, exit := call(dir, policyExportCommand, "--tenant", "winery", "--data", "data", "--language", "de", "--format", "json")
	if exit != exitOK {
		t.Fatalf("exit %d: %s", exit, stderr)
	}
	var export struct {
		Facts struct {
			Tenant   string
			Purposes []struct {
				Purpose string
				Use     struct{ Decided, Permitted int }
			}
			Use     struct{ Decided int }
			Missing []struct{ Key string } `json:"to_be_completed"`
		}
		Documents []struct{ Kind, Language string }
	}
	if err := json.Unmarshal([]byte(stdout), &export); err != nil {
		t.Fatal(err)
	}
	if export.Facts.Tenant != "winery" || export.Facts.Use.Decided != 2 || export.Facts.Purposes[1].Use.Permitted != 2 || len(export.Facts.Missing) != 5 || len(export.Documents) != 2 {
		t.Errorf("the export is %+v", export)
	}
	for _, want := range []string{
		"to be completed: name of the controller: write controller.name into winery/tenant.yaml\n", "alarm: declared_not_used marketing\n",
	} {
		if !strings.Contains(stderr, want) {
			t.Errorf("stderr is without %q: %s", want, stderr)
		}
	}
	if _, stderr, exit := call(dir, policyExportCommand, "--tenant", "winery", "--kind", "notice", "--out", "notice.md"); exit != exitOK {
		t.Fatalf("exit %d: %s", exit, stderr)
	}
	text, err := os.ReadFile(filepath.Join(dir, "notice.md"))
	if err != nil || !bytes.HasPrefix(text, []byte("# Privacy notice of Weingut Lotsenberg\n")) || bytes.Contains(text, []byte("Record of processing")) {
		t.Errorf("the notice is %.200s, %v", text, err)
	}
}

func TestPolicyExportRefuses(t *testing.T) {
	dir := t.TempDir()
	wineryWithoutRules(t, dir)
	wantCall(t, dir, policyExportCommand, exitUsage, "needs --tenant")
	wantCall(t, dir, policyExportCommand, exitUsage, "one of record, notice, both", "--tenant", "winery", "--kind", "all")
	wantCall(t, dir, policyExportCommand, exitUsage, "one of markdown, json, html", "--tenant", "winery", "--format", "pdf")
	wantCall(t, dir, policyExportCommand, exitUsage, "one of de, en", "--tenant", "winery", "--language", "fr")
	wantCall(t, dir, policyExportCommand, exitFailed, "holds no tenant.yaml", "--tenant", ".")
	wantCall(t, dir, policyExportCommand, exitFailed, "holds no log of policies", "--tenant", "winery", "--data", "winery")
	wantCall(t, dir, policyExportCommand, exitFailed, "read the policy", "--tenant", "winery", "--policy", "nowhere")
	if err := os.WriteFile(filepath.Join(dir, "winery", "tenant.yaml"), []byte("id: winery\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	wantCall(t, dir, policyExportCommand, exitFailed, "the key languages is missing", "--tenant", "winery")
}
