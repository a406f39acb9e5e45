package main

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/lotse-edge/lotse/edge/profile"
	"github.com/lotse-edge/lotse/edge/tenant"
	"github.com/lotse-edge/lotse/rules"
	"github.com/lotse-edge/lotse/sdk/abi"
)

// This file reads the cases that stand beside a rule, in rules/NAME.test.yaml:
//
//	now: 2026-01-31T12:00:00Z
//	cases:
//	  - name: a decision maker at a webinar
//	    profile: {authority: decision_maker}
//	    events:
//	      - {event: page_view, ago: 3d, count: 2, properties: {path: /prices}}
//	      - {event: webinar_registered}                # now
//	    was: lead                                      # the stage before
//	    expect:
//	      scores:
//	        interest: {points: 17, band: interest, reasons: {page: 2, webinar: 15}}
//	        fit: 10
//	      segments: [ports-dach]                       # these and no others
//	      traits: {persona: decider}                   # ~ for none
//	      quadrant: prime
//	      stage: lead
//
// A score with reasons has these and no others. A number with decimals is compared by as many.

// ruleCase is one visitor, and what the rules should say.
type ruleCase struct {
	name   string
	line   int
	now    time.Time
	was    string
	p      *profile.Profile
	scores []wantedScore
	// nil: not asked about
	segments        []string
	traits          map[string]string
	quadrant, stage *string
}

type wantedScore struct {
	name    string
	points  *wantedNumber
	band    string
	reasons map[string]wantedNumber // nil: not asked about
}

// wantedNumber is a number as it is written.
type wantedNumber struct {
	text  string
	value float64
}

// met tells whether a number is the wanted one, to as many decimals as are written.
func (w wantedNumber) met(got float64) bool {
	tolerance := 1e-9
	if _, decimals, ok := strings.Cut(w.text, "."); ok {
		tolerance = 0.5*math.Pow10(-len(decimals)) + 1e-12
	}
	return math.Abs(got-w.value) <= tolerance
}

// caseReader reads the cases beside one rule.
type caseReader struct {
	yamlDocument
	folder *ruleFolder
	now    time.Time
}

func readCases(folder *ruleFolder, file string, raw []byte) ([]*ruleCase, error) {
	r := &caseReader{yamlDocument: yamlDocument{file: file}, folder: folder}
	root := r.parse(raw)
	if root == nil {
		return nil, r.err()
	}
	o := r.object(root, "the file", "now", "cases")
	if n := r.need(o, root, "now", "the moment that cases are judged at, such as now: 2026-01-31T12:00:00Z"); n != nil {
		var err error
		if r.now, err = time.Parse(time.RFC3339Nano, n.Value); err != nil {
			r.problem(n, "such as 2026-01-31T12:00:00Z", "now is not a time of RFC 3339")
		}
	}
	var cases []*ruleCase
	for _, n := range r.list(r.need(o, root, "cases", "a list of cases"), "cases") {
		cases = append(cases, r.readCase(n))
	}
	if len(cases) == 0 && len(r.problems) == 0 {
		r.problem(root, "add one", "there are no cases")
	}
	return cases, r.err()
}

func (r *caseReader) readCase(n *yaml.Node) *ruleCase {
	o := r.object(n, "a case", "name", "profile", "events", "was", "expect")
	c := &ruleCase{name: r.text(r.need(o, n, "name", "what the case is about")), line: n.Line, now: r.now, was: r.text(o["was"]), p: &profile.Profile{}}
	for _, p := range r.pairs(o["profile"], "profile") {
		field, ok := r.folder.config.FieldByName(p.key.Value)
		if !ok {
			r.unknown(p.key, "the catalogue has no field", r.folder.config.FieldNames())
			continue
		}
		if v, ok := r.fieldValue(p.value, field); ok {
			c.p.SetValue(profile.Stored{Field: field.ID, Value: v, At: profile.At(r.now), Grants: r.folder.grants(field.Purposes, field.TTLDays)})
		}
	}
	for _, e := range r.list(o["events"], "events") {
		r.event(c, e)
	}
	c.p.Expire(r.now, nil)
	if expect := r.need(o, n, "expect", "what the rules should say"); expect != nil {
		r.expect(c, expect)
	}
	return c
}

func (r *caseReader) unknown(n *yaml.Node, what string, known []string) {
	suggestion := "known are " + strings.Join(known, ", ")
	if near := rules.Nearest(n.Value, known); near != "" {
		suggestion = fmt.Sprintf("did you mean %s?", near)
	} else if len(known) > 12 || len(known) == 0 {
		suggestion = ""
	}
	r.problem(n, suggestion, "%s %q", what, n.Value)
}

// fieldValue reads what a website would send for a field.
func (r *caseReader) fieldValue(n *yaml.Node, field *tenant.Field) (profile.Value, bool) {
	var given any
	if err := n.Decode(&given); err != nil || n.Kind != yaml.ScalarNode {
		r.problem(n, "write one value", "this is no value of the field %s", field.Name)
		return profile.Value{}, false
	}
	switch v := given.(type) {
	case int:
		given = float64(v)
	case time.Time: // YAML reads a date without quotes as one
		given = n.Value
	}
	checked, ok := field.Check(given)
	if !ok {
		r.problem(n, valueHint(field, given), "the field %s cannot have this value", field.Name)
	}
	return valueIn(checked), ok
}

// valueHint says what a field's values look like, beside one that it cannot have.
func valueHint(field *tenant.Field, given any) string {
	text, isText := given.(string)
	switch {
	case len(field.Values) > 0:
		return "it is one of " + strings.Join(field.Values, ", ")
	case field.Type == tenant.FieldNumber:
		return "it is a number, such as 20 or 2.5"
	case field.Type == tenant.FieldBoolean:
		return "it is true or false"
	case field.Type == tenant.FieldDate:
		return "it is a date, such as 2026-01-31"
	case !isText:
		return "it is a text: put it in quotes"
	case field.MaxLength > 0 && len(text) > field.MaxLength:
		return fmt.Sprintf("it has at most %d characters", field.MaxLength)
	}
	return "it is a " + field.Type.String()
}

func (r *caseReader) event(c *ruleCase, n *yaml.Node) {
	o := r.object(n, "an event", "event", "ago", "count", "properties")
	name := r.need(o, n, "event", "the type of the event")
	if name == nil {
		return
	}
	config := r.folder.config
	kind, ok := config.EventByName(name.Value)
	if !ok {
		r.unknown(name, "the catalogue has no event", config.EventNames())
		return
	}
	e := profile.Event{At: profile.At(r.now.Add(-r.ago(o["ago"]))), Count: 1, Grants: r.folder.grants(kind.Purposes, kind.TTLDays)}
	if count := o["count"]; count != nil {
		if e.Count = r.number(count).value; e.Count <= 0 {
			r.problem(count, "such as 3", "a count is above 0")
		}
	}
	for _, p := range r.pairs(o["properties"], "properties") {
		field, ok := config.Property(kind, p.key.Value)
		if !ok {
			r.unknown(p.key, "the event "+kind.Name+" has no property", config.PropertyNames(kind.Name))
			continue
		}
		if v, ok := r.fieldValue(p.value, field); ok {
			e.Properties = append(e.Properties, profile.Property{Field: field.ID, Value: v, Grants: r.folder.grants(field.Purposes&kind.Purposes, field.TTLDays)})
		}
	}
	c.p.AddEvent(kind.ID, e)
}

// ago reads how long before now: one length of time, or several with spaces between them.
func (r *caseReader) ago(n *yaml.Node) (total time.Duration) {
	if n == nil {
		return 0
	}
	for _, part := range strings.Fields(r.text(n)) {
		d, err := abi.ParseDuration(part)
		if err != nil {
			r.problem(n, "such as 3d or 3d 12h", "ago: each length of time %v", err)
			return 0
		}
		total += d
	}
	return total
}

func (r *caseReader) number(n *yaml.Node) wantedNumber {
	w := wantedNumber{text: r.text(n)}
	var err error
	if w.value, err = strconv.ParseFloat(w.text, 64); err != nil || math.IsNaN(w.value) || math.IsInf(w.value, 0) {
		r.problem(n, "such as 20 or -2.5", "this is not a number")
	}
	return w
}

func (r *caseReader) expect(c *ruleCase, n *yaml.Node) {
	o := r.object(n, "expect", "scores", "segments", "traits", "quadrant", "stage")
	if len(o) == 0 && len(r.problems) == 0 {
		r.problem(n, "add scores, segments, traits, quadrant or stage", "the case expects nothing")
	}
	for _, p := range r.pairs(o["scores"], "scores") {
		r.wantScore(c, p)
	}
	if list := o["segments"]; list != nil {
		c.segments = []string{}
		for _, s := range r.list(list, "segments") {
			if r.known(s, "no rule has the segment", r.folder.segments()) {
				c.segments = append(c.segments, s.Value)
			}
		}
	}
	for _, p := range r.pairs(o["traits"], "traits") {
		r.wantTrait(c, p)
	}
	if q := o["quadrant"]; q != nil {
		names := r.folder.config.Rating.Quadrants.Names
		r.known(q, "stages.yaml has no quadrant", names[:])
		c.quadrant = &q.Value
	}
	if s := o["stage"]; s != nil {
		var names []string
		for _, stage := range r.folder.config.Rating.Stages.List {
			names = append(names, stage.Name)
		}
		r.known(s, "stages.yaml has no stage", names)
		c.stage = &s.Value
	}
}

// known reports a name that is not among some.
func (r *caseReader) known(n *yaml.Node, what string, names []string) bool {
	if slices.Contains(names, n.Value) {
		return true
	}
	r.unknown(n, what, names)
	return false
}

func (r *caseReader) wantScore(c *ruleCase, p yamlPair) {
	var scores, reasons []string
	for _, m := range r.folder.modules {
		for _, s := range m.Manifest.Emits.Scores {
			scores = append(scores, s.Name)
			if s.Name == p.key.Value {
				reasons = s.Reasons
			}
		}
	}
	if !r.known(p.key, "no rule gives the score", scores) {
		return
	}
	w := wantedScore{name: p.key.Value}
	if p.value.Kind == yaml.ScalarNode {
		points := r.number(p.value)
		w.points = &points
		c.scores = append(c.scores, w)
		return
	}
	o := r.object(p.value, "a score", "points", "band", "reasons")
	if n := o["points"]; n != nil {
		points := r.number(n)
		w.points = &points
	}
	if n := o["band"]; n != nil {
		var bands []string
		for _, b := range r.folder.config.Rating.Bands[w.name] {
			bands = append(bands, b.Name)
		}
		r.known(n, "the score "+w.name+" has no band", bands)
		w.band = n.Value
	}
	if n := o["reasons"]; n != nil {
		w.reasons = map[string]wantedNumber{}
		for _, q := range r.pairs(n, "reasons") {
			if r.known(q.key, "the score "+w.name+" has no reason", reasons) {
				w.reasons[q.key.Value] = r.number(q.value)
			}
		}
	}
	c.scores = append(c.scores, w)
}

func (r *caseReader) wantTrait(c *ruleCase, p yamlPair) {
	if c.traits == nil {
		c.traits = map[string]string{}
	}
	var names []string
	for _, t := range r.folder.traits() {
		names = append(names, t.Name)
		if t.Name != p.key.Value {
			continue
		}
		if c.traits[t.Name] = ""; p.value.ShortTag() != "!!null" {
			r.known(p.value, "the trait "+t.Name+" has no value", t.Values)
			c.traits[t.Name] = p.value.Value
		}
	}
	r.known(p.key, "no rule gives the trait", names)
}
