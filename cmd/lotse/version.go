package main

import (
	"context"
	"fmt"
	"runtime/debug"
)

func versionCommand() command {
	return command{"version", "tell which build this is", runVersion}
}

func runVersion(_ context.Context, env *environment, args []string) int {
	f := newFlags(env, "version", "", "Tells the version, the commit and the toolchain of this binary.")
	if _, exit, ok := f.parse(args, 0); !ok {
		return exit
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return env.fail("version", fmt.Errorf("this binary carries no build information"))
	}
	fmt.Fprintln(env.stdout, versionLine(info))
	return exitOK
}

// versionLine is one line: the module's version, the commit with its date, and whether it was built from a changed tree.
func versionLine(info *debug.BuildInfo) string {
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	line := "lotse " + firstOf(info.Main.Version, "(devel)")
	if commit := settings["vcs.revision"]; commit != "" {
		line += " commit " + commit[:min(12, len(commit))]
		if settings["vcs.modified"] == "true" {
			line += "+changes"
		}
		if at := settings["vcs.time"]; at != "" {
			line += " of " + at
		}
	}
	return line + " " + info.GoVersion + " " + settings["GOOS"] + "/" + settings["GOARCH"]
}
