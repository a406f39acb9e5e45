package compile

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/lotse-edge/lotse/rules"
)

// Problem is one thing in a rule file that keeps it from being compiled, or that works and is likely not meant.
type Problem struct {
	File         string
	Line, Column int // from 1, the column in characters; 0: the file as a whole
	Message      string
	Suggestion   string // how to mend it; may be empty
}

// String is the problem on one line, as compilers print theirs.
func (p Problem) String() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", p.Line, p.Column)
	}
	b.WriteString(": " + p.Message)
	if p.Suggestion != "" {
		b.WriteString("; " + p.Suggestion)
	}
	return b.String()
}

// InvalidError is all that is wrong with a rule file, by line.
type InvalidError struct {
	Problems []Problem
}

// Error lists every problem on a line of its own.
func (e *InvalidError) Error() string {
	var b strings.Builder
	b.WriteString("the rule file cannot be compiled")
	for _, p := range e.Problems {
		b.WriteString("\n  " + p.String())
	}
	return b.String()
}

// maxProblems bounds what a hostile file can cause.
const maxProblems = 100

// position is a place in the file: line and column from 1.
type position struct{ line, column int }

// report collects what is wrong.
type report struct {
	file     string
	problems []Problem
	warnings []Problem
}

func (r *report) problem(at position, suggestion, format string, args ...any) {
	if len(r.problems) < maxProblems {
		r.problems = append(r.problems, Problem{r.file, at.line, at.column, fmt.Sprintf(format, args...), suggestion})
	}
}

func (r *report) warning(at position, suggestion, format string, args ...any) {
	if len(r.warnings) < maxProblems {
		r.warnings = append(r.warnings, Problem{r.file, at.line, at.column, fmt.Sprintf(format, args...), suggestion})
	}
}

// full tells that no further problem is told, and warned that no further warning is: to look for words that were meant takes
// long, beside a catalogue of many.
func (r *report) full() bool { return len(r.problems) == maxProblems }

func (r *report) warned() bool { return len(r.warnings) == maxProblems }

func (r *report) err() error {
	if len(r.problems) == 0 {
		return nil
	}
	sortProblems(r.problems)
	return &InvalidError{r.problems}
}

func sortProblems(list []Problem) {
	slices.SortStableFunc(list, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}

func didYouMean(name string, known []string) string {
	if near := rules.Nearest(name, known); near != "" {
		return "did you mean " + near + "?"
	}
	return ""
}

// meantOrKnown is didYouMean, or tells all names where they are few.
func meantOrKnown(name string, known []string) string {
	const few = 16
	if near := didYouMean(name, known); near != "" || len(known) == 0 || len(known) > few {
		return near
	}
	return "it has " + strings.Join(known, ", ")
}

// shown makes what a stranger wrote fit for an error.
func shown(s string) string {
	if len(s) > 64 {
		s = strings.ToValidUTF8(s[:64], "") + "..."
	}
	return fmt.Sprintf("%q", s)
}
