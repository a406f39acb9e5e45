package policies

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// SourceError is a fault in a policy's source.
type SourceError struct {
	File    string
	Line    int // from 1; 0: the file as a whole
	Message string
}

func (e *SourceError) Error() string {
	if e.Line == 0 {
		return e.File + ": " + e.Message
	}
	return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Message)
}

// SourceErrors is every fault that was found in a policy, by file and line.
type SourceErrors []*SourceError

func (e SourceErrors) Error() string {
	lines := make([]string, len(e))
	for i := range e {
		lines[i] = e[i].Error()
	}
	return strings.Join(lines, "\n")
}

// faults collects source errors, each once.
type faults []*SourceError

func (f *faults) add(loc *ast.Location, format string, args ...any) {
	e := &SourceError{Message: fmt.Sprintf(format, args...)}
	if loc != nil {
		e.File, e.Line = loc.File, loc.Row
	}
	if !slices.ContainsFunc(*f, func(o *SourceError) bool { return *o == *e }) {
		*f = append(*f, e)
	}
}

// addAll takes over what OPA's parser and compiler found.
func (f *faults) addAll(file string, err error) {
	var list ast.Errors
	if one := (*ast.Error)(nil); errors.As(err, &one) {
		list = ast.Errors{one}
	} else if !errors.As(err, &list) {
		f.add(&ast.Location{File: file}, "%v", err)
		return
	}
	for _, e := range list {
		loc := e.Location
		if loc == nil {
			loc = &ast.Location{File: file}
		}
		f.add(loc, "%s", inPlainWords(e.Message))
	}
}

// addError takes over an error of our own.
func (f *faults) addError(err error) {
	var one *SourceError
	if errors.As(err, &one) {
		f.add(&ast.Location{File: one.File, Row: one.Line}, "%s", one.Message)
		return
	}
	f.add(nil, "%v", err)
}

func (f faults) err() error {
	if len(f) == 0 {
		return nil
	}
	slices.SortStableFunc(f, func(a, b *SourceError) int {
		if c := strings.Compare(a.File, b.File); c != 0 {
			return c
		}
		return a.Line - b.Line
	})
	return SourceErrors(f)
}

// A remedy says in plain words what a message of OPA means.
var remedies = []struct{ contains, say string }{
	{"assigned var ", "a name is given a value that nothing uses: use it or remove it"},
	{"unused argument ", "the function does not use this argument: write _ instead, or remove it"},
	{" is unsafe", "nothing of that name is known here: it is misspelt, or its import or rule is missing"},
	{"undefined function ", "there is no such function: it is misspelt, or its import is missing"},
	{" is recursive", "the rule asks itself, so it has no answer: take one of the steps out"},
	{"conflicting rules ", "the rules of this name are of different kinds (a value, a set, a function): give one of them another name"},
	{"multiple default rules ", "a document has one default: remove the others"},
	{"empty module", "the file has no rules: write them, or remove it"},
	{"unexpected ", "the text cannot be read from here on: a bracket, a comma or a value is missing or too much, often in the line above"},
	{"no match error", "the two sides can never be equal"},
	{"match error", "the two sides can never be equal"},
	{"annotation", "a # METADATA block is YAML: two blanks for each step inwards, and quotes around a value with a colon"},
	{"yaml", "a # METADATA block is YAML: two blanks for each step inwards, and quotes around a value with a colon"},
}

// inPlainWords puts what a message of OPA means before the message.
func inPlainWords(message string) string {
	for _, r := range remedies {
		if strings.Contains(message, r.contains) {
			return r.say + " (" + strings.Join(strings.Fields(message), " ") + ")"
		}
	}
	return message
}
