package compile

import (
	"slices"

	"cel.dev/cel-go/cel"

	"go.yaml.in/yaml/v3"

	"github.com/lotse-edge/lotse/sdk/abi"
)

// This file reads what a rule file says: models, segments and traits.

// file is a rule file being read.
type file struct {
	catalogue *Catalogue
	env       *cel.Env
	report    *report
	reads     *reads
	lines     [][]rune
	steps     int // that the search for warnings may still take
	written   int // parts that exists and all have written out

	version, purpose string
	scores           []score
	titles           map[string]abi.Title // of the scores
	segments         []segment
	traits           []trait
}

// score has one model or several: the first whose condition holds gives the points.
type score struct {
	name    string
	reasons []string // of all its models, in the order in which they first stand
	models  []model
	titles  map[string]abi.Title // of the reasons
}

// features gives, for each reason, what its points depend on: its own expressions, and the conditions that choose its
// model, those of the models before it included.
func (s *score) features() [][]int {
	sets := make([][]int, len(s.reasons))
	var choice []int
	for _, m := range s.models {
		choice = distinct(choice, m.when.slots())
		for _, r := range m.reasons {
			i := slices.Index(s.reasons, r.name)
			sets[i] = distinct(sets[i], choice, r.when.slots(), r.points.slots())
		}
	}
	return sets
}

// distinct gives the slots of all lists, sorted, each once.
func distinct(lists ...[]int) []int {
	all := slices.Concat(lists...)
	slices.Sort(all)
	return slices.Compact(all)
}

type model struct {
	at      position
	always  bool        // there is no condition
	when    *expression // nil: always
	cap     *float64
	reasons []reason
}

type reason struct {
	name   string
	at     position
	when   *expression // nil: always
	points *expression
	cap    *float64
}

type segment struct {
	name   string
	title  abi.Title
	always bool        // there is no condition
	when   *expression // nil: always
}

// trait has the first of its values whose condition holds.
type trait struct {
	name   string
	title  abi.Title
	values []segment
}

// each visits every expression, in the order of the file.
func (f *file) each(visit func(*expression)) {
	known := func(x *expression) {
		if x != nil {
			visit(x)
		}
	}
	for _, s := range f.scores {
		for _, m := range s.models {
			known(m.when)
			for _, r := range m.reasons {
				known(r.when)
				known(r.points)
			}
		}
	}
	for _, s := range f.segments {
		known(s.when)
	}
	for _, t := range f.traits {
		for _, v := range t.values {
			known(v.when)
		}
	}
}

// read reads the whole file.
func (f *file) read(data []byte) {
	root := f.parse(data)
	if root == nil {
		return
	}
	o := f.object(root, "version", "purpose", "models", "segments", "traits")
	if o.keys == nil {
		return
	}
	f.version = f.text(o.need("version", "add version: 1.0.0"), "the version")
	if n := o.need("purpose", "add the purpose of the catalogue under which the rules judge a visitor, such as purpose: profiling"); n != nil {
		f.purpose = f.text(n, "the purpose")
		if f.purpose != "" && !slices.Contains(f.catalogue.Purposes, f.purpose) {
			f.report.problem(placeOf(n), didYouMean(f.purpose, f.catalogue.Purposes), "the catalogue has no purpose %s that permits profiling", shown(f.purpose))
		}
	}
	for _, n := range f.list(o.keys["models"], 64, "models") {
		f.model(n)
	}
	for _, n := range f.list(o.keys["segments"], abi.MaxNames, "segments") {
		if s := f.named(n, "segment", true); s != nil {
			f.unique(n, "segment", s.name, slices.ContainsFunc(f.segments, func(o segment) bool { return o.name == s.name }))
			f.segments = append(f.segments, *s)
		}
	}
	for _, n := range f.list(o.keys["traits"], abi.MaxScores, "traits") {
		f.trait(n)
	}
	if o.keys["models"] == nil && o.keys["segments"] == nil && o.keys["traits"] == nil && len(o.slipped) == 0 {
		f.report.problem(o.at, "add models, segments or traits", "the file has no rules")
	}
}

func (f *file) model(n *yaml.Node) {
	o := f.object(n, "score", "title", "when", "cap", "reasons")
	name := f.name(o.need("score", "name the score, such as score: interest"))
	m := model{at: o.at, always: o.keys["when"] == nil, cap: f.number(o.keys["cap"], "the cap")}
	if m.cap != nil && *m.cap <= 0 {
		f.report.problem(placeOf(o.keys["cap"]), "such as cap: 100", "the cap of a model must be above 0")
	}
	if when := o.keys["when"]; when != nil {
		m.when = f.expression(when, "the condition of a model", aBool)
	}
	at := slices.IndexFunc(f.scores, func(s score) bool { return s.name == name })
	if at < 0 {
		f.scores = append(f.scores, score{name: name})
		at = len(f.scores) - 1
		if at == abi.MaxScores {
			f.report.problem(o.at, "split the file", "the file has more than %d scores", abi.MaxScores)
		}
	}
	s := &f.scores[at]
	f.entitle(&f.titles, name, o.keys["title"])
	if len(s.models) > 0 && s.models[len(s.models)-1].always {
		f.report.problem(o.at, "put the model without a condition last, or give it one", "the model is never used: the one before it for the score %s has no condition", name)
	}
	for _, r := range f.list(o.need("reasons", "add what gives points"), abi.MaxNames, "reasons") {
		f.reason(s, &m, r)
	}
	s.models = append(s.models, m)
}

func (f *file) reason(s *score, m *model, n *yaml.Node) {
	o := f.object(n, "reason", "title", "when", "points", "cap")
	r := reason{at: o.at, name: f.name(o.need("reason", "name the reason, such as reason: webinar")), cap: f.number(o.keys["cap"], "the cap")}
	f.unique(n, "reason", r.name, slices.ContainsFunc(m.reasons, func(o reason) bool { return o.name == r.name }))
	f.entitle(&s.titles, r.name, o.keys["title"])
	if r.cap != nil && *r.cap == 0 {
		f.report.problem(placeOf(o.keys["cap"]), "such as cap: 20", "with a cap of 0 the reason gives nothing")
	}
	if when := o.keys["when"]; when != nil {
		r.when = f.expression(when, "the condition of a reason", aBool)
	}
	if points := o.need("points", "add what the reason is worth, such as points: 10"); points != nil {
		r.points = f.expression(points, "points", anInt, aDouble)
		if p := r.points; p != nil && p.op == constant && (!p.bounded() || p.asDouble() == 0) {
			f.report.problem(placeOf(points), "", "constant points must not be 0, and at most %.0f", float64(maxPoints))
		}
	}
	if r.name != "" && !slices.Contains(s.reasons, r.name) {
		s.reasons = append(s.reasons, r.name)
	}
	m.reasons = append(m.reasons, r)
}

func (f *file) trait(n *yaml.Node) {
	o := f.object(n, "trait", "title", "values")
	t := trait{name: f.name(o.need("trait", "name the trait, such as trait: persona")), title: f.title(o.keys["title"])}
	f.unique(n, "trait", t.name, slices.ContainsFunc(f.traits, func(o trait) bool { return o.name == t.name }))
	for _, v := range f.list(o.need("values", "add its values, the first whose condition holds counts"), abi.MaxNames, "values") {
		if s := f.named(v, "value", false); s != nil {
			f.unique(v, "value", s.name, slices.ContainsFunc(t.values, func(o segment) bool { return o.name == s.name }))
			if len(t.values) > 0 && t.values[len(t.values)-1].always {
				f.report.problem(placeOf(v), "put the value without a condition last", "the value is never given: the one before it has no condition")
			}
			t.values = append(t.values, *s)
		}
	}
	f.traits = append(f.traits, t)
}

// named reads a name with a condition.
func (f *file) named(n *yaml.Node, what string, conditional bool) *segment {
	o := f.object(n, what, "title", "when")
	if o.keys == nil {
		return nil
	}
	when := o.keys["when"]
	s := &segment{name: f.name(o.need(what, "add a name")), title: f.title(o.keys["title"]), always: when == nil}
	if when == nil && conditional {
		o.need("when", "add who belongs to it")
	}
	if when != nil {
		s.when = f.expression(when, "a condition", aBool)
	}
	return s
}

func (f *file) unique(n *yaml.Node, what, name string, twice bool) {
	if twice && name != "" {
		f.report.problem(placeOf(n), "rename one of the two", "the %s %s stands twice", what, name)
	}
}

func placeOf(n *yaml.Node) position { return position{n.Line, n.Column} }

// name reads a name of the contract; empty where it is none, which is reported.
func (f *file) name(n *yaml.Node) string {
	s := f.text(n, "a name")
	if s != "" && !abi.ValidName(s) {
		f.report.problem(placeOf(n), "begin with a small letter, then small letters, digits, '-' and '_', at most 64", "%s is not a name", shown(s))
		return ""
	}
	return s
}

func (f *file) text(n *yaml.Node, what string) string {
	if n == nil {
		return ""
	}
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!str" || n.Value == "" {
		f.report.problem(placeOf(n), "write a text; put a number in quotes", "%s must be a text", what)
		return ""
	}
	return n.Value
}

// number reads a finite number within what points may be, or gives nil.
func (f *file) number(n *yaml.Node, what string) *float64 {
	if n == nil {
		return nil
	}
	var v float64
	if tag := n.ShortTag(); n.Kind != yaml.ScalarNode || tag != "!!int" && tag != "!!float" || n.Decode(&v) != nil || !(v >= -maxPoints && v <= maxPoints) {
		f.report.problem(placeOf(n), "such as 20", "%s must be a number of at most %.0f", what, float64(maxPoints))
		return nil
	}
	return &v
}
