package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/lotse-edge/lotse/policies"
	policyledger "github.com/lotse-edge/lotse/policies/ledger"
)

// lyingServer stands in for an admin listener that says of the base policy what it is told to say.
type lyingServer struct {
	said   policyOfServer
	bundle []byte
	mu     sync.Mutex
	signed string // the approval that came
}

func (s *lyingServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var err error
	switch {
	case strings.HasPrefix(r.URL.Path, policyPath+"/sources/"):
		_, err = w.Write(s.bundle)
	case r.Method == http.MethodPost:
		var b bytes.Buffer
		if _, err = b.ReadFrom(r.Body); err == nil {
			s.signed = b.String()
			err = json.NewEncoder(w).Encode(s.said.Candidates[0])
		}
	default:
		err = json.NewEncoder(w).Encode(s.said)
	}
	if err != nil {
		panic(err)
	}
}

// TestPolicyApprove: an officer signs what their own program found, after a yes, and nothing else.
func TestPolicyApprove(t *testing.T) {
	base, err := policies.Base()
	if err != nil {
		t.Fatal(err)
	}
	table, _, err := policies.Prove(context.Background(), policies.Config{Source: base, Host: policyHost{}})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	public, _, exit := call(dir, policyOfficerCommand, "anna", "--out", "anna.key")
	if exit != exitOK {
		t.Fatal("no key")
	}
	officers, err := policyledger.ParseOfficers(public)
	if err != nil {
		t.Fatal(err)
	}
	var bundle bytes.Buffer
	if err := policies.WriteBundle(&bundle, base, nil); err != nil {
		t.Fatal(err)
	}
	truth := candidate{Digest: table.Digest(), Sources: table.Source(), Replaces: table.Digest(), ApprovedBy: []string{}}
	f := func(change func(*lyingServer), stdin, want string, signs bool, args ...string) {
		t.Helper()
		s := &lyingServer{bundle: bundle.Bytes(), said: policyOfServer{Digest: table.Digest(), Sources: table.Source(), Candidates: []candidate{truth}}}
		change(s)
		server := httptest.NewServer(s)
		defer server.Close()
		env := testEnvironment(dir)
		env.getenv = func(name string) string {
			return map[string]string{"LOTSE_ADMIN_URL": server.URL, "LOTSE_ADMIN_TOKEN": fakeToken}[name]
		}
		env.stdin, env.terminal = strings.NewReader(stdin), true
		env.prove = func(context.Context, policies.Config) (*policies.Table, *policies.Certificate, error) {
			return table, nil, nil
		}
		exit := policyApprove(context.Background(), env, append([]string{truth.Digest, "--key", "anna.key"}, args...))
		said := env.stdout.(*bytes.Buffer).String() + env.stderr.(*bytes.Buffer).String()
		if !strings.Contains(said, want) || (exit == exitOK) != signs || (s.signed != "") != signs {
			t.Errorf("exit %d, signed %t, %q; want %q", exit, s.signed != "", said, want)
		}
		if !signs {
			return
		}
		if a, err := officers.Verify(s.signed); err != nil || a.Policy.String() != truth.Digest || a.By != "anna" || !a.At.Equal(noon) {
			t.Errorf("signed %+v, %v", a, err)
		}
	}
	honest := func(*lyingServer) {}
	f(honest, "yes\n", "Approve this as anna?", true)
	f(honest, "ja\n", "Als anna zustimmen?", true, "--language", "de")
	f(honest, "", "is in the log", true, "--yes")
	f(honest, "no\n", "not approved", false)
	f(honest, "", "not approved", false)
	f(honest, "ja\n", "not approved", false)
	f(func(s *lyingServer) {
		s.said.Candidates[0].Replaces, s.said.Candidates[0].Changed = strings.Repeat("b", 64), 5
	}, "yes\n", "this program finds 0, 0 and 0. Do not approve it", false)
	f(func(s *lyingServer) { s.said.Candidates[0].Sources = strings.Repeat("a", 64) }, "yes\n", "the server sent other sources", false)
	f(func(s *lyingServer) {
		s.said.Candidates[0].Digest = truth.Digest[:12] + strings.Repeat("a", 52)
		s.said.Digest = s.said.Candidates[0].Digest
	}, "yes\n", "no policy of this digest waits", false)
	f(func(s *lyingServer) { s.said.Candidates = nil }, "yes\n", "is in force already", false)
	f(func(s *lyingServer) { s.said.Candidates[0].ApprovedBy = []string{"anna"} }, "yes\n", "anna has approved", false)
	f(func(s *lyingServer) { s.bundle = []byte("no bundle") }, "yes\n", "not packed by gzip", false)
	f(honest, "yes\n", "neither begins nor ends with a space", false, "--remark", " x")
}
