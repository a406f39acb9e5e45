package main

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestDays runs whole days of people who use a server, on a real one. Beside what testscript knows there are
//
//	serve            start the server on the folder data, or end it and start it again
//	visit KEY FILE   live traffic: send each line of the file to POST /v1/decide with the key; the answers, one on a line, are stdout
func TestDays(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/day",
		RequireExplicitExec: true,
		UpdateScripts:       *update,
		Setup: func(e *testscript.Env) error {
			d := &day{}
			e.Values[dayKey] = d
			e.Defer(d.end)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"serve": serveDay, "visit": visitDay},
	})
}

const dayKey = "day"

// day is the server of one script.
type day struct {
	server *exec.Cmd
	stderr bytes.Buffer
}

// end asks the server to stop, as its operator would, and waits.
func (d *day) end() {
	if d.server != nil {
		_ = d.server.Process.Signal(os.Interrupt)
		_ = d.server.Wait()
		d.server = nil
	}
}

func serveDay(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: serve")
	}
	d := ts.Value(dayKey).(*day)
	d.end()
	self, err := os.Executable()
	ts.Check(err)
	d.server = &exec.Cmd{Path: self, Args: []string{"lotse", "serve", "--data", ts.MkAbs("data"), "--public", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--log-level", "error"}}
	d.server.Stderr = &d.stderr
	out, err := d.server.StdoutPipe()
	ts.Check(err)
	ts.Check(d.server.Start())
	lines, found := bufio.NewScanner(out), 0
	for found < 2 && lines.Scan() {
		name, address, _ := strings.Cut(lines.Text(), " ")
		if variable := map[string]string{"public": "LOTSE_URL", "admin": "LOTSE_ADMIN_URL"}[name]; variable != "" {
			ts.Setenv(variable, "http://"+strings.TrimSpace(address))
			found++
		}
	}
	if found < 2 {
		ts.Fatalf("the server did not start: %s", d.stderr.String())
	}
}

func visitDay(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: visit KEY FILE")
	}
	client := &http.Client{Timeout: 30 * time.Second}
	defer client.CloseIdleConnections()
	for line := range strings.Lines(ts.ReadFile(args[1])) {
		request, err := http.NewRequest(http.MethodPost, ts.Getenv("LOTSE_URL")+"/v1/decide", strings.NewReader(line))
		ts.Check(err)
		request.Header.Set("Authorization", "Bearer "+strings.TrimSpace(ts.ReadFile(args[0])))
		response, err := client.Do(request)
		ts.Check(err)
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		ts.Check(err)
		if response.StatusCode != http.StatusOK || bytes.Contains(body, []byte(`"faults"`)) {
			ts.Fatalf("status %d: %s", response.StatusCode, body)
		}
		_, err = ts.Stdout().Write(append(bytes.TrimSpace(body), '\n'))
		ts.Check(err)
	}
}
