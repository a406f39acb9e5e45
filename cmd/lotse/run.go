package main

import (
	"context"
	"fmt"
	"io"
	"slices"
)

// commands lists the subcommands in the order in which help shows them.
func commands() []command {
	return []command{
		demoCommand(),
		serveCommand(),
		applyCommand(),
		buildCommand(),
		rulesCommand(),
		policyCommand(),
		keyCommand(),
		tokenCommand(),
		importCommand(),
		reportCommand(),
		profileCommand(),
		versionCommand(),
	}
}

// run is the whole program: it finds the command and gives its exit code.
func run(ctx context.Context, args []string, env *environment) int {
	if len(args) == 0 {
		usage(env.stderr)
		return exitUsage
	}
	switch args[0] {
	case "help", "-h", "-help", "--help":
		return help(ctx, env, args[1:])
	}
	if args[0] == internalCompile {
		return runInternalCompile(ctx, env, args[1:])
	}
	for _, c := range commands() {
		if c.name == args[0] {
			return c.run(ctx, env, args[1:])
		}
	}
	return unknown(env, args[0])
}

// help shows the list of commands, or the usage of one.
func help(ctx context.Context, env *environment, args []string) int {
	if len(args) == 0 {
		usage(env.stdout)
		return exitOK
	}
	for _, c := range commands() {
		if c.name == args[0] {
			// Asked for, so it is the answer and belongs on stdout.
			asked := *env
			asked.stderr = env.stdout
			return c.run(ctx, &asked, append(slices.Clone(args[1:]), "-h"))
		}
	}
	return unknown(env, args[0])
}

func unknown(env *environment, name string) int {
	fmt.Fprintf(env.stderr, "lotse: there is no command %q\n\n", name)
	usage(env.stderr)
	return exitUsage
}

func usage(w io.Writer) {
	fmt.Fprint(w, "usage: lotse COMMAND [flags]\n\ncommands:\n")
	for _, c := range commands() {
		fmt.Fprintf(w, "  %-9s %s\n", c.name, c.summary)
	}
	fmt.Fprint(w, "\n'lotse help COMMAND' tells more about one.\n")
}
