package tenant

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one thing in a tenant's folder that keeps it from being used. It names keys and names of the documents, never
// texts, keys or other values.
type Problem struct {
	File       string // path in the folder, with slashes
	Line       int    // from 1; 0: the file as a whole
	Column     int    // from 1, in characters; 0: the line as a whole
	Path       string // way to the key in the document, such as "slots.hero.variants[0].stages[1]"; may be empty
	Message    string
	Suggestion string // how to mend it; may be empty
}

// String is the problem on one line, as compilers print theirs.
func (p Problem) String() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d", p.Line)
		if p.Column > 0 {
			fmt.Fprintf(&b, ":%d", p.Column)
		}
	}
	b.WriteString(": ")
	if p.Path != "" {
		b.WriteString(p.Path)
		b.WriteString(": ")
	}
	b.WriteString(p.Message)
	if p.Suggestion != "" {
		b.WriteString("; ")
		b.WriteString(p.Suggestion)
	}
	return b.String()
}

// Warning is something that works but is likely not meant.
type Warning Problem

// String is the warning on one line.
func (w Warning) String() string { return Problem(w).String() }

// InvalidError says all that is wrong with a tenant's folder, sorted by file and line.
type InvalidError struct {
	Problems []Problem
}

// Error lists every problem on a line of its own.
func (e *InvalidError) Error() string {
	var b strings.Builder
	if len(e.Problems) == 1 {
		b.WriteString("tenant's folder has 1 problem")
	} else {
		fmt.Fprintf(&b, "tenant's folder has %d problems", len(e.Problems))
	}
	for _, p := range e.Problems {
		b.WriteString("\n  ")
		b.WriteString(p.String())
	}
	return b.String()
}

// maxProblems bounds the work that a hostile folder can cause: beyond it nothing more is collected, or looked up for a
// suggestion.
const maxProblems = 300

// report collects problems and warnings while a folder is read.
type report struct {
	problems []Problem
	warnings []Warning
	cut      bool // there were more than maxProblems
}

func (r *report) problem(p Problem) {
	if r.full() {
		r.cut = true
		return
	}
	r.problems = append(r.problems, p)
}

func (r *report) warning(w Warning) {
	if len(r.warnings) < maxProblems {
		r.warnings = append(r.warnings, w)
	}
}

func (r *report) full() bool { return len(r.problems) >= maxProblems }

// has tells whether a file has problems already.
func (r *report) has(file string) bool {
	return slices.ContainsFunc(r.problems, func(p Problem) bool { return p.File == file })
}

// err gives the collected problems as an error, or nil.
func (r *report) err() error {
	if len(r.problems) == 0 {
		return nil
	}
	sortProblems(r.problems)
	if r.cut {
		last := r.problems[len(r.problems)-1]
		r.problems = append(r.problems, Problem{File: last.File, Line: last.Line, Message: "more problems follow", Suggestion: "mend these first"})
	}
	return &InvalidError{Problems: r.problems}
}

func sortProblems(ps []Problem) {
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Path, b.Path))
	})
}
