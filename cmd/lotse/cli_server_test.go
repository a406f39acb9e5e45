package main

import (
	"bufio"
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/rogpeppe/go-internal/testscript"
)

// scriptServer is the real server of a script. The command 'server' steers it:
//
//	server start [ARGS]   run lotse serve on the folder data, and tell the other commands where it is
//	server stop           end it as an operator does, and wait
//	server kill           end it as a crash does
type scriptServer struct {
	cmd    *exec.Cmd
	stderr bytes.Buffer
}

const scriptServerKey = "script server"

func steerServer(ts *testscript.TestScript, neg bool, args []string) {
	s := ts.Value(scriptServerKey).(*scriptServer)
	if neg || len(args) == 0 {
		ts.Fatalf("usage: server start [ARGS]|stop|kill")
	}
	switch args[0] {
	case "start":
		ts.Check(s.start(ts, args[1:]))
	case "stop":
		ts.Check(s.end(syscall.SIGTERM))
	case "kill":
		ts.Check(s.end(syscall.SIGKILL))
	default:
		ts.Fatalf("server cannot %s", args[0])
	}
}

func (s *scriptServer) start(ts *testscript.TestScript, args []string) error {
	bin, _, _ := strings.Cut(ts.Getenv("PATH"), string(filepath.ListSeparator))
	s.cmd = exec.Command(filepath.Join(bin, "lotse"), append([]string{"serve", "--data", "data", "--public", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--log-level", "warn"}, args...)...)
	s.cmd.Dir = ts.MkAbs(".")
	s.stderr.Reset()
	s.cmd.Stderr = &s.stderr
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := s.cmd.Start(); err != nil {
		return err
	}
	found := 0
	for lines := bufio.NewScanner(out); found < 2 && lines.Scan(); {
		name, address, _ := strings.Cut(lines.Text(), " ")
		variable := map[string]string{"public": "LOTSE_URL", "admin": "LOTSE_ADMIN_URL"}[name]
		if variable != "" {
			ts.Setenv(variable, "http://"+strings.TrimSpace(address))
			found++
		}
	}
	if found < 2 {
		return errors.Join(errors.New("the server did not start: "+s.stderr.String()), s.cmd.Wait())
	}
	go io.Copy(io.Discard, out)
	ts.Setenv("LOTSE_ADMIN_TOKEN", "") // the one in the data folder counts
	return nil
}

// end ends the server, if there is one.
func (s *scriptServer) end(with syscall.Signal) error {
	if s.cmd == nil {
		return nil
	}
	defer func() { s.cmd = nil }()
	if err := s.cmd.Process.Signal(with); err != nil {
		return err
	}
	if err := s.cmd.Wait(); err != nil && with == syscall.SIGTERM {
		return errors.New("the server did not end well: " + s.stderr.String())
	}
	return nil
}

// digestOf is 'digest FILE': it sets DIGEST to the beginning of the digest of the policy that a file of JSON says is waiting.
func digestOf(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: digest FILE")
	}
	var said struct {
		candidate
		Candidates []candidate
	}
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &said))
	if len(said.Candidates) > 0 {
		said.candidate = said.Candidates[0]
	}
	ts.Setenv("DIGEST", short(said.candidate.Digest))
}

// replaceIn is 'replace FILE OLD NEW'.
func replaceIn(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: replace FILE OLD NEW")
	}
	text := ts.ReadFile(args[0])
	if !strings.Contains(text, args[1]) {
		ts.Fatalf("%s does not hold %q", args[0], args[1])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.ReplaceAll(text, args[1], args[2])), 0o644))
}

// signingKey is 'signingkey ID': it makes ID.key and keys/ID.pem, as openssl does.
func signingKey(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: signingkey ID")
	}
	public, private, err := ed25519.GenerateKey(rand.Reader)
	ts.Check(err)
	publicDER, err := x509.MarshalPKIXPublicKey(public)
	ts.Check(err)
	privateDER, err := x509.MarshalPKCS8PrivateKey(private)
	ts.Check(err)
	ts.Check(os.MkdirAll(ts.MkAbs("keys"), 0o755))
	ts.Check(os.WriteFile(ts.MkAbs("keys/"+args[0]+".pem"), pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: publicDER}), 0o644))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]+".key"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: privateDER}), 0o600))
}
