package policies

import (
	"fmt"
	"strings"
)

// A Finding is one thing that keeps a policy from being used, in words for whoever answers for it.
type Finding struct {
	Check     string     // what was checked: see the constants
	File      string     // of the rule; may be empty
	Line      int        // from 1; 0: none
	Rule      string     // id of the rule or the law; may be empty
	Article   string     // may be empty
	Situation *Situation // an example in which it shows; may be nil
	Message   string
}

// What a proof checks.
const (
	CheckEngines = "engines" // two engines give every question the same answer
	CheckTotal   = "total"   // every situation has an answer that is whole
	CheckReasons = "reasons" // every reason is explained
	CheckFires   = "fires"   // every rule decides somewhere
	CheckLaw     = "law"     // the invariants
	CheckTenant  = "tenant"  // a tenant's rules only take away
)

func (f *Finding) Error() string {
	var b strings.Builder
	if f.File != "" {
		fmt.Fprintf(&b, "%s:%d: ", f.File, f.Line)
	}
	b.WriteString(f.Message)
	if f.Article != "" {
		fmt.Fprintf(&b, " (article %s)", f.Article)
	}
	if f.Situation != nil {
		fmt.Fprintf(&b, ". For example: %s", f.Situation.Describe("en"))
	}
	return b.String()
}

// Findings is all that a proof found.
type Findings []*Finding

func (f Findings) Error() string {
	lines := make([]string, len(f))
	for i := range f {
		lines[i] = f[i].Error()
	}
	return strings.Join(lines, "\n")
}

// err is the findings as an error; nil without any.
func (f Findings) err() error {
	if len(f) == 0 {
		return nil
	}
	return f
}
