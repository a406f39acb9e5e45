package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime/debug"
	"time"

	"github.com/lotse-edge/lotse/runtime"
)

// What the preparation of one module may cost. The largest Go guest that the limits admit takes a third of it.
const (
	childCPU    = 10 // seconds of processor time
	childMemory = 1 << 30
	childWall   = 15 * time.Second
	childFile   = 256 << 20 // bytes of compiled code
)

// internalCompile is the name by which the binary calls itself. Help does not list it.
const internalCompile = "internal-compile"

// prepareInChild runs the preparation in a child of our own binary. Whatever the module does to the compiler, what ends is
// the child.
func prepareInChild(ctx context.Context, request []byte, folder string) ([]byte, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find our own binary: %w", err)
	}
	limited, cancel := context.WithTimeout(ctx, childWall)
	defer cancel()
	var out, log bytes.Buffer
	child := exec.CommandContext(limited, self, internalCompile, folder)
	child.Args[0] = "lotse" // whatever the file is called: tests are another binary that plays this one
	child.Env = []string{"GOTRACEBACK=none"}
	child.Stdin, child.Stdout, child.Stderr = bytes.NewReader(request), &out, &log
	child.WaitDelay = time.Second
	err = child.Run()
	var ended *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err == nil:
		return out.Bytes(), nil
	case errors.As(err, &ended) && ended.ExitCode() != exitFailed:
		return nil, fmt.Errorf("%w (%v)", runtime.ErrTooCostly, ended) // killed, out of memory or crashed: the module's doing
	default:
		return nil, fmt.Errorf("prepare a module in a child process: %w: %s", err, bytes.TrimSpace(log.Bytes()))
	}
}

// runInternalCompile is the child: it bounds itself before it reads a byte of what the tenant sent.
func runInternalCompile(ctx context.Context, env *environment, args []string) int {
	if len(args) != 1 {
		return exitUsage
	}
	if err := boundProcess(childCPU, childMemory, childFile); err != nil {
		return env.fail(internalCompile, err)
	}
	debug.SetMemoryLimit(childMemory / 4 * 3) // the collector works harder before the system says no
	request, err := io.ReadAll(env.stdin)
	if err != nil {
		return env.fail(internalCompile, err)
	}
	product, err := runtime.Prepare(ctx, request, args[0])
	if err != nil {
		return env.fail(internalCompile, err)
	}
	if _, err := env.stdout.Write(product); err != nil {
		return env.fail(internalCompile, err)
	}
	return exitOK
}
