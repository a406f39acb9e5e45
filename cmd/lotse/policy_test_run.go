package main

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/lotse-edge/lotse/policies"
)

const policyTestAbout = `
Runs the tests that a policy brings along: cases with the answer that the law asks for. Without DIR it is
the policy in this program. 'lotse policy check' runs them, too, and then proves the policy.`

type testReportJSON struct {
	Passed   int                 `json:"passed"`
	Packages map[string]int      `json:"packages"`
	Findings []policyFindingJSON `json:"findings"`
}

func policyTest(ctx context.Context, env *environment, args []string) int {
	c := newPolicyCall(env, "test", "[DIR|BUNDLE]", policyTestAbout)
	operands, exit, ok := c.parseBetween(args, 0, 1)
	if !ok {
		return exit
	}
	source, err := c.source(append(operands, "")[0])
	if err != nil {
		return c.refused(err)
	}
	report, err := policies.RunTests(ctx, source)
	var failed policies.SourceErrors
	if err != nil && !errors.As(err, &failed) {
		return env.fail(c.Name(), err)
	}
	out := testReportJSON{report.Passed, report.Packages, []policyFindingJSON{}}
	p := c.page()
	for _, name := range slices.Sorted(maps.Keys(report.Packages)) {
		p.fact("  ", name, 22, c.count(uint64(report.Packages[name])))
	}
	p.line("", c.sayf("%d tests passed, findings: %d", "%d Prüffälle bestanden, Befunde: %d", report.Passed, len(failed)))
	for i, f := range failed {
		one := policyFindingJSON{Check: "source", File: f.File, Line: f.Line, Message: f.Message}
		out.Findings = append(out.Findings, one)
		p.gap()
		c.finding(p, i+1, one, nil)
	}
	if c.json {
		p = c.page()
		err = c.printJSON(out)
	} else {
		err = nil
	}
	if exit := c.end(p, err); exit != exitOK || len(failed) == 0 {
		return exit
	}
	return exitFailed
}
