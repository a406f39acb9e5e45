package main

import (
	"fmt"
	"strings"

	"github.com/lotse-edge/lotse/rules"
	"github.com/lotse-edge/lotse/sdk/abi"
)

// said lists all that a module may say, as coverage counts it.
func said(m *abi.Manifest) (all []string) {
	for _, s := range m.Emits.Scores {
		for _, r := range s.Reasons {
			all = append(all, "reason "+r+" of "+s.Name)
		}
	}
	for _, s := range m.Emits.Segments {
		all = append(all, "segment "+s)
	}
	for _, t := range m.Emits.Traits {
		for _, v := range t.Values {
			all = append(all, "value "+v+" of "+t.Name)
		}
	}
	return all
}

// note keeps what the module said of a case.
func (r *caseReport) note(o *rules.Outcome) {
	for _, s := range o.Scores {
		for _, reason := range s.Reasons {
			if reason.Points != 0 {
				r.met["reason "+reason.ID+" of "+s.Name] = true
			}
		}
	}
	for _, s := range o.Segments {
		r.met["segment "+s] = true
	}
	for name, v := range o.Traits {
		r.met["value "+v+" of "+name] = true
	}
}

// cover counts what was met of all that the module may say.
func (r *caseReport) cover(m *abi.Manifest) {
	r.Missing = []string{}
	for _, one := range said(m) {
		r.Of++
		if r.met[one] {
			r.Covered++
		} else {
			r.Missing = append(r.Missing, one)
		}
	}
}

func (r *caseReport) percent() float64 { return 100 * float64(r.Covered) / float64(r.Of) }

// caseText is the reports for people.
func caseText(reports []*caseReport) string {
	var b strings.Builder
	for _, r := range reports {
		if r.Cases == "" {
			fmt.Fprintf(&b, "%s: warning: there are no cases; write rules/%s%s\n", r.Rule, strings.TrimSuffix(strings.TrimPrefix(r.Rule, "rules/"), ".yaml"), casesSuffix)
			continue
		}
		fmt.Fprintf(&b, "%s: %d passed, %d failed; %d of %d reasons, segments and values covered\n", r.Cases, r.Passed, len(r.Failures), r.Covered, r.Of)
		for _, f := range r.Failures {
			fmt.Fprintf(&b, "  %s:%d: %s\n", r.Cases, f.Line, f.Case)
			for _, d := range f.Diffs {
				fmt.Fprintf(&b, "    %s\n", d)
			}
		}
		for _, m := range r.Missing {
			fmt.Fprintf(&b, "  warning: no case meets the %s\n", m)
		}
	}
	return b.String()
}
