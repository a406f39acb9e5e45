package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/lotse-edge/lotse/policies"
)

// What a command answers to the shell.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// environment is all that a command sees of the outside, beside the files and addresses that it is told.
type environment struct {
	getenv         func(string) string
	stdin          io.Reader
	stdout, stderr io.Writer
	now            func() time.Time
	dir            string // the working folder
	terminal       bool   // stderr is one: progress may be drawn

	prove func(context.Context, policies.Config) (*policies.Table, *policies.Certificate, error) // nil: policies.Prove
}

// path resolves a name that the user gave against the working folder.
func (e *environment) path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(e.dir, name)
}

// fail says what went wrong, and gives the exit code for it.
func (e *environment) fail(name string, err error) int {
	fmt.Fprintf(e.stderr, "lotse %s: %v\n", name, err)
	return exitFailed
}

// command is one subcommand.
type command struct {
	name    string
	summary string // one line, for the list of commands
	run     func(ctx context.Context, env *environment, args []string) int
}

// flags is a command's flag set: its usage goes to stderr, and says what its operands are.
type flags struct {
	*flag.FlagSet
	env   *environment
	wants string // what operands are called
}

// newFlags begins a command's flags. Operands are what follows the flags ("DIR"), about is what the command does.
func newFlags(env *environment, name, operands, about string) *flags {
	set := flag.NewFlagSet(name, flag.ContinueOnError)
	set.SetOutput(env.stderr)
	set.Usage = func() {
		line := "usage: lotse " + name
		hasFlags := false
		set.VisitAll(func(*flag.Flag) { hasFlags = true })
		if hasFlags {
			line += " [flags]"
		}
		fmt.Fprintf(set.Output(), "%s\n\n%s\n", strings.TrimSpace(line+" "+operands), strings.TrimSpace(about))
		if hasFlags {
			fmt.Fprintf(set.Output(), "\nflags:\n")
			set.PrintDefaults()
		}
	}
	return &flags{FlagSet: set, env: env, wants: operands}
}

// parse reads flags and just n operands, in any order. When ok is false the command ends with the given exit code.
func (f *flags) parse(args []string, n int) (operands []string, exit int, ok bool) {
	operands, exit, ok = f.operands(args)
	if ok && len(operands) != n {
		return nil, f.misuse("%s", f.wrongNumber(n, len(operands))), false
	}
	return operands, exit, ok
}

func (f *flags) wrongNumber(want, got int) string {
	switch {
	case want == 0:
		return fmt.Sprintf("takes flags only, got %d operands", got)
	case got == 0:
		return "needs " + f.wants
	case got < want:
		return fmt.Sprintf("needs %s, got only %d of %d", f.wants, got, want)
	}
	return fmt.Sprintf("needs %s and no more, got %d operands", f.wants, got)
}

// parseBetween is parse for a number of operands that may vary.
func (f *flags) parseBetween(args []string, least, most int) (operands []string, exit int, ok bool) {
	operands, exit, ok = f.operands(args)
	if ok && (len(operands) < least || len(operands) > most) {
		return nil, f.misuse("needs %s, got %d", numberOfOperands(least, most), len(operands)), false
	}
	return operands, exit, ok
}

func (f *flags) operands(args []string) (operands []string, exit int, ok bool) {
	for rest := args; ; {
		if err := f.Parse(rest); err != nil {
			if err == flag.ErrHelp {
				return nil, exitOK, false
			}
			return nil, exitUsage, false
		}
		if f.NArg() == 0 {
			break
		}
		operands = append(operands, f.Arg(0))
		rest = f.Args()[1:]
	}
	return operands, exitOK, true
}

// misuse tells what is wrong with the command line, and where help is.
func (f *flags) misuse(format string, args ...any) int {
	fmt.Fprintf(f.env.stderr, "lotse %s: %s\nsee: lotse help %[1]s\n", f.Name(), fmt.Sprintf(format, args...))
	return exitUsage
}
