package policies

import (
	"maps"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/format"
)

// Format lays out every Rego file as `opa fmt` does. The faults are SourceErrors: a file that cannot be read cannot be laid
// out.
func Format(s Source) (Source, error) {
	var f faults
	files := maps.Clone(s.Files)
	for name, text := range s.Files {
		if strings.HasSuffix(name, ".rego") {
			if formatted, ok := layOut(name, text, &f); ok {
				files[name] = formatted
			}
		}
	}
	s.Files = files
	return s, f.err()
}

func layOut(name, text string, f *faults) (string, bool) {
	formatted, err := format.SourceWithOpts(name, []byte(text), format.Opts{RegoVersion: ast.RegoV1})
	if err != nil {
		f.addAll(name, err)
		return "", false
	}
	return string(formatted), true
}

// lintFormat finds the first line of a file that is laid out in another way. One layout for all, so that what two officers
// compare differs only where the rules do.
func lintFormat(name, text string, f *faults) {
	var unreadable faults // the parser says so, too
	formatted, ok := layOut(name, text, &unreadable)
	if !ok || formatted == text {
		return
	}
	at := &ast.Location{File: name}
	if strings.Contains(text, "\r\n") {
		f.add(at, "the lines end as in Windows: run `lotse policy fmt`")
		return
	}
	have, want := strings.Split(text, "\n"), strings.Split(formatted, "\n")
	for at.Row = 1; at.Row <= min(len(have), len(want)) && have[at.Row-1] == want[at.Row-1]; {
		at.Row++
	}
	f.add(at, "the file is laid out in another way from this line on: run `lotse policy fmt` (or `opa fmt`)")
}
