package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/lotse-edge/lotse/edge/tenant"
	"github.com/lotse-edge/lotse/rules"
	"github.com/lotse-edge/lotse/sdk/abi"
)

const rulesDiffAbout = `
Says what a version of a rule reads and says that another one does not, and the other way round.

  lotse rules diff OLD NEW                          two files on this machine
  lotse rules diff --tenant T NAME [NEW [OLD]]      two versions that a server has, by their digests; without NEW its shadow or else
                                                    the newest version, without OLD the one in force

On a server it also counts which stored profiles the new version would place in another band, quadrant, stage, segment or persona. It
tells numbers only, and none while one of the versions waits for approval.`

func rulesDiff(ctx context.Context, env *environment, args []string) int {
	c := newRulesServerCall(env, "diff", "OLD NEW | --tenant T NAME [NEW [OLD]]", rulesDiffAbout)
	folder := c.String("folder", "", "a tenant's `folder`, whose catalogue rule files speak of; else the one that each is in")
	operands, exit, ok := c.parseBetween(args, 1, 3)
	if !ok {
		return exit
	}
	if c.tenant == "" {
		if len(operands) != 2 {
			return c.misuse("needs two files, or --tenant")
		}
		return c.diffFiles(*folder, operands[0], operands[1])
	}
	if operands, exit, ok = c.begin(args, 1, 3); !ok {
		return exit
	}
	d, err := c.diffVersions(ctx, operands)
	if err != nil {
		return c.failed(err)
	}
	return c.sayDiff(d)
}

// ruleDiff is what --json prints. Moves are those of a server.
type ruleDiff struct {
	Module string     `json:"module"`
	Old    string     `json:"old"`
	New    string     `json:"new"`
	More   []string   `json:"more"`
	Less   []string   `json:"less"`
	Moves  *ruleMoves `json:"moves,omitempty"`
	local  bool
}

type ruleMoves struct {
	Profiles  int                   `json:"profiles"`
	Moved     int                   `json:"moved"`
	Faults    int                   `json:"faults"`
	Bands     map[string][]ruleMove `json:"bands"`
	Quadrants []ruleMove            `json:"quadrants"`
	Stages    []ruleMove            `json:"stages"`
	Segments  []struct {
		Segment string `json:"segment"`
		Entered int    `json:"entered"`
		Left    int    `json:"left"`
	} `json:"segments"`
	Personas []ruleMove `json:"personas"`
}

type ruleMove struct {
	From     string `json:"from"`
	To       string `json:"to"`
	Profiles int    `json:"profiles"`
}

func (c *rulesServerCall) diffFiles(folder, old, now string) int {
	d := ruleDiff{Module: ruleName(now), Old: old, New: now, local: true}
	var extents [2][]string
	for i, file := range []string{old, now} {
		r := &rulesCall{env: c.env, flags: c.flags, file: file, folder: folder, json: c.json}
		wasm, _, err := r.module()
		if invalid, ok := errors.AsType[*tenant.InvalidError](err); ok {
			return r.refuse(findingsOf(invalid))
		}
		var m *abi.Manifest
		if err == nil {
			if m, err = abi.ManifestOf(wasm); err != nil {
				err = fmt.Errorf("%s: %w", file, err)
			}
		}
		if err != nil {
			return r.fail(err)
		}
		extents[i] = rules.Extent(m)
	}
	d.More = append([]string{}, rules.Beyond(extents[1], extents[0])...)
	d.Less = append([]string{}, rules.Beyond(extents[0], extents[1])...)
	return c.sayDiff(&d)
}

func (c *rulesServerCall) diffVersions(ctx context.Context, operands []string) (*ruleDiff, error) {
	name := operands[0]
	if len(operands) == 1 {
		list, err := c.versions(ctx, name)
		if err != nil {
			return nil, err
		}
		i := max(0, slices.IndexFunc(list, func(v versionOfServer) bool { return v.State == "shadow" }))
		if list[i].State == "active" {
			return nil, fmt.Errorf("there is nothing to compare: no shadow runs, and the newest version of %s, %s, is in force; name another", name, short(list[i].Digest))
		}
		operands = append(operands, list[i].Digest)
	}
	for i := range operands[1:] {
		digest, err := c.digest(ctx, name, operands[i+1])
		if err != nil {
			return nil, err
		}
		operands[i+1] = digest
	}
	query := url.Values{}
	if len(operands) == 3 {
		query.Set("against", operands[2])
	}
	var d ruleDiff
	return &d, c.call(ctx, http.MethodGet, []string{"modules", name, "versions", operands[1], "diff"}, query, "", nil, &d)
}

func (c *rulesServerCall) sayDiff(d *ruleDiff) int {
	if c.json {
		return c.print(d)
	}
	var b strings.Builder
	if d.local {
		fmt.Fprintf(&b, "%s beside %s\n", d.New, d.Old)
	} else {
		fmt.Fprintf(&b, "%s %s beside %s\n", d.Module, short(d.New), short(d.Old))
	}
	for _, line := range d.More {
		fmt.Fprintf(&b, "  + %s\n", line)
	}
	for _, line := range d.Less {
		fmt.Fprintf(&b, "  - %s\n", line)
	}
	if len(d.More)+len(d.Less) == 0 {
		b.WriteString("  both read the same data and can say the same\n")
	}
	switch m := d.Moves; {
	case d.local:
	case m == nil:
		b.WriteString("stored profiles are not looked at: a version waits for a privacy officer's approval\n")
	default:
		m.say(&b)
	}
	if _, err := c.env.stdout.Write([]byte(b.String())); err != nil {
		return c.env.fail(c.Name(), err)
	}
	return exitOK
}

func (m *ruleMoves) say(b *strings.Builder) {
	fmt.Fprintf(b, "of %d stored profiles %d would move\n", m.Profiles, m.Moved)
	if m.Faults > 0 {
		fmt.Fprintf(b, "%d more are not counted: one of the versions did not answer\n", m.Faults)
	}
	list := func(what string, moves []ruleMove) {
		for _, v := range moves {
			fmt.Fprintf(b, "  %s: %d from %s to %s\n", what, v.Profiles, orNone(v.From), orNone(v.To))
		}
	}
	for _, score := range slices.Sorted(maps.Keys(m.Bands)) {
		list("band of "+score, m.Bands[score])
	}
	list("quadrant", m.Quadrants)
	list("stage", m.Stages)
	list("persona", m.Personas)
	for _, s := range m.Segments {
		fmt.Fprintf(b, "  segment %s: %d enter, %d leave\n", s.Segment, s.Entered, s.Left)
	}
}
