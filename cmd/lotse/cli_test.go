package main

import (
	"flag"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/lotse-edge/lotse/runtime/wasm/wasmtest"
	"github.com/lotse-edge/lotse/sdk/abi"
)

var update = flag.Bool("update", false, "write what the scripts' cmp found into the scripts")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"lotse":  func() { os.Exit(mainStatus()) },
		"greedy": greedy,
	})
}

// The scripts run the program as a shell would. Each has a fakeServer of its own, which the command 'fake' steers:
//
//	fake busy N        answer the next N calls with 503
//	fake hold N        after N rows, take calls and do not answer
//	fake await N       wait until N rows are taken
//	fake release       answer again
//	fake dump FILE     write down what was taken
//	fake answer FILE   the body of every report and profile
//
// A script may run a real server too; see scriptServer. Beside it 'assemble WAT MANIFEST WASM' makes a rule module of a source in text form.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		UpdateScripts:       *update,
		Setup: func(e *testscript.Env) error {
			fake := newFakeServer()
			server := httptest.NewServer(fake)
			e.Defer(func() {
				fake.release()
				server.Close()
			})
			e.Values[fakeServerKey] = fake
			own := &scriptServer{}
			e.Values[scriptServerKey] = own
			e.Defer(func() { _ = own.end(syscall.SIGKILL) }) // where the script failed before it ended it
			e.Setenv("LOTSE_URL", server.URL)
			e.Setenv("LOTSE_ADMIN_URL", server.URL)
			e.Setenv("LOTSE_ADMIN_TOKEN", fakeToken)
			e.Setenv("LOTSE_KEY", fakeKey)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"fake": steer, "server": steerServer, "digest": digestOf, "replace": replaceIn, "signingkey": signingKey, "assemble": assemble},
	})
}

const fakeServerKey = "fake server"

func steer(ts *testscript.TestScript, neg bool, args []string) {
	fake := ts.Value(fakeServerKey).(*fakeServer)
	if neg || len(args) == 0 {
		ts.Fatalf("usage: fake busy|hold|release|dump|answer [N|FILE], or fake await ROWS HELD")
	}
	number := func() int {
		n, err := strconv.Atoi(args[1])
		ts.Check(err)
		return n
	}
	switch args[0] {
	case "busy":
		fake.set(func(f *fakeServer) { f.busy = number() })
	case "hold":
		fake.set(func(f *fakeServer) { f.holdAfter = number() })
	case "release":
		fake.release()
	case "await":
		held, err := strconv.Atoi(args[2])
		ts.Check(err)
		for deadline := time.Now().Add(20 * time.Second); !fake.waits(number(), held); time.Sleep(2 * time.Millisecond) {
			if time.Now().After(deadline) {
				ts.Fatalf("only %d rows were taken, or fewer than %d calls are held", fake.taken(), held)
			}
		}
	case "dump":
		ts.Check(os.WriteFile(ts.MkAbs(args[1]), fake.dump(), 0o644))
	case "answer":
		body := []byte(ts.ReadFile(args[1]))
		fake.set(func(f *fakeServer) { f.answer = body })
	default:
		ts.Fatalf("fake cannot %s", args[0])
	}
}

func assemble(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: assemble WAT MANIFEST WASM")
	}
	bare, err := wasmtest.WAT(os.DirFS(ts.MkAbs(".")), args[0])
	ts.Check(err)
	module, err := abi.AppendManifest(bare, []byte(ts.ReadFile(args[1])))
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), module, 0o644))
}

// fileMode is what a script cannot see.
func TestKeyFileIsForTheOwnerOnly(t *testing.T) {
	dir := t.TempDir()
	env := testEnvironment(dir)
	if exit := run(t.Context(), []string{"key", "--server", "--out", "server.key", ".", "crm"}, env); exit != exitOK {
		t.Fatalf("exit %d: %s", exit, env.stderr)
	}
	info, err := os.Stat(filepath.Join(dir, "server.key"))
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprintf("%o", info.Mode().Perm()); got != "600" {
		t.Errorf("mode %s", got)
	}
}
