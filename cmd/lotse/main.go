// Command lotse is the one binary: the server, and the tools of those who write a tenant's folder, bring leads in and read
// reports. It is the only room that touches the operating system, flags, the environment and signals.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() { os.Exit(mainStatus()) }

// mainStatus is apart from main so that deferred calls run before the process ends, and so that tests can be the binary.
func mainStatus() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	info, err := os.Stderr.Stat()
	return run(ctx, os.Args[1:], &environment{
		getenv:   os.Getenv,
		stdin:    os.Stdin,
		stdout:   os.Stdout,
		stderr:   os.Stderr,
		now:      time.Now,
		dir:      ".",
		terminal: err == nil && info.Mode()&os.ModeCharDevice != 0,
	})
}
