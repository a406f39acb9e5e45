package tenant

import (
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/lotse-edge/lotse/policies"
	"github.com/lotse-edge/lotse/rules"
)

// stages reads stages.yaml: what scores mean.
//
//	bands:                          for each score that a module emits, by rising from
//	  interest:
//	    - {name: awareness, from: 0}     a band holds up to the next one; scores below the first are in it, too
//	    - {name: interest, from: 11}
//	quadrants: ...                  optional, see the function quadrantsOf
//	forward_only: true              a visitor never falls back to an earlier stage
//	stages:                         the funnel, in order; a visitor is in the last one whose conditions all hold
//	  - name: visit                 the first has no condition
//	  - name: lead
//	    when:
//	      - {score: interest, at_least: 11}
//	      - {segment: private-regular}
//	      - {field: email}                              the field is known
//	      - {field: customer_status, equals: customer}
func (l *loader) stages() {
	root, ok := l.document(fileStages)
	o := root.object("bands", "quadrants", "forward_only", "stages")
	if !ok || o.keys == nil {
		l.stageNames.open, l.quadrants.open = true, true
		return
	}
	rating := &l.config.Rating
	rating.Bands = map[string][]rules.Band{}
	bands := o.get("bands")
	for _, m := range bands.members("a mapping from the name of each score to its bands") {
		if !l.scores.open && !l.scores.has(m.name) {
			m.problem(m.meant(m.name, l.scores.list), "no module emits the score %s", quoted(m.name))
		}
		rating.Bands[m.name] = l.bands(m.value)
	}
	if !bands.present() || bands.isMapping() {
		l.banded()
	}
	rating.Quadrants = l.quadrantsOf(o.get("quadrants"))
	rating.Stages.ForwardOnly = o.get("forward_only").boolean()
	l.funnel(o.need("stages", "add the steps of your funnel, such as stages: [{name: visit}]"))

	if l.report.has(fileStages) {
		return
	}
	for _, p := range rating.Warnings(l.points) {
		l.report.warning(Warning{File: fileStages, Line: lineAt(root.node, p.Path), Path: p.Path, Message: p.Message, Suggestion: p.Suggestion})
	}
	if l.scores.open || l.fields.open {
		return
	}
	names := rules.Vocabulary{Scores: l.scores.list, Segments: l.segments.list, Fields: l.fields.list}
	for _, p := range rating.Validate(names) { // what the room of rules knows beyond the above
		l.report.problem(Problem{File: fileStages, Path: p.Path, Message: p.Message, Suggestion: p.Suggestion})
	}
}

// lineAt gives the line of the node that a path such as "stages[2].when[0].at_least" leads to, as far as it leads.
func lineAt(n *yaml.Node, path string) int {
	for _, step := range strings.FieldsFunc(path, func(r rune) bool { return r == '.' || r == '[' || r == ']' }) {
		next := -1
		switch n.Kind {
		case yaml.SequenceNode:
			if i, err := strconv.Atoi(step); err == nil && i < len(n.Content) {
				next = i
			}
		case yaml.MappingNode:
			for i := 0; i+1 < len(n.Content); i += 2 {
				if n.Content[i].Value == step {
					next = i + 1
				}
			}
		}
		if next < 0 {
			break
		}
		n = n.Content[next]
	}
	return n.Line
}

func (l *loader) bands(v value) []rules.Band {
	var bands []rules.Band
	for _, e := range v.list(32, "bands") {
		o := e.object("name", "from", "to")
		o.get("to").problem("leave it out", "a band holds from its from up to the next one's, so that there are no gaps and no overlaps")
		name := o.need("name", "add a name, such as name: awareness").name()
		at := o.need("from", "add the points from which the band holds, such as from: 11")
		from, ok := at.number()
		switch {
		case name != "" && slices.ContainsFunc(bands, func(b rules.Band) bool { return b.Name == name }):
			o.get("name").problem("choose another name", "another band of this score has the name %s", quoted(name))
		case ok && len(bands) > 0 && from <= bands[len(bands)-1].From:
			at.problem("order the bands by rising from", "the band begins at or below the one before it")
		}
		if ok {
			bands = append(bands, rules.Band{Name: name, From: from})
		}
	}
	if v.isEmpty() {
		v.problem("add at least one, such as [{name: all, from: 0}]", "the score has no band")
	}
	return bands
}

// quadrantsOf reads lead quality, fit against interest:
//
//	quadrants:
//	  fit: {score: fit, from: 20}             high from 20 points on
//	  interest: {score: interest, from: 30}
//	  names:
//	    low_low: passer-by                    low fit, low interest
//	    low_high: enthusiast                  low fit, high interest
//	    high_low: sleeper                     high fit, low interest
//	    high_high: prime                      high fit, high interest
func (l *loader) quadrantsOf(v value) rules.Quadrants {
	var q rules.Quadrants
	if !v.present() {
		return q
	}
	o := v.object("fit", "interest", "names")
	axis := func(key string) (string, float64) {
		a := o.need(key, "add the score and its border, such as "+key+": {score: "+key+", from: 20}").object("score", "from")
		name, _ := l.scores.refer(a.need("score", "add the name of the score"))
		from, _ := a.need("from", "add the points from which it is high").number()
		return name, from
	}
	q.Fit, q.FitFrom = axis("fit")
	q.Interest, q.InterestFrom = axis("interest")
	if q.Fit != "" && q.Fit == q.Interest {
		o.get("interest").problem("name another score", "fit and interest are the same score")
	}
	keys := []string{"low_low", "low_high", "high_low", "high_high"}
	names := o.need("names", "add a name for each of low_low, low_high, high_low, high_high").object(keys...)
	for i, key := range keys {
		at := names.need(key, "add a name for "+key)
		q.Names[i] = at.name()
		if q.Names[i] != "" && l.quadrants.has(q.Names[i]) {
			at.problem("choose another name", "another quadrant has the name %s", quoted(q.Names[i]))
		}
		if q.Names[i] != "" {
			l.quadrants.add(q.Names[i])
		}
	}
	l.quadrants.open = len(l.quadrants.list) < len(keys)
	return q
}

func (l *loader) funnel(v value) {
	list := v.list(32, "stages")
	for i, e := range list {
		o := e.object("name", "when")
		at := o.need("name", "add a name, such as name: lead")
		stage := rules.Stage{Name: at.name()}
		if stage.Name != "" && l.stageNames.has(stage.Name) {
			at.problem("choose another name", "another stage has the name %s", quoted(stage.Name))
		}
		l.stageNames.add(stage.Name)
		when := o.get("when")
		for _, condition := range when.list(16, "conditions") {
			stage.When = append(stage.When, l.stageCondition(condition))
		}
		switch {
		case i == 0 && when.present():
			when.problem("remove the conditions, or put a stage without any before it", "the first stage is everyone's, so it has no conditions")
		case i > 0 && o.keys != nil && (!when.present() || when.isEmpty()):
			o.problem("add when: [...]; without a condition everyone is in the stage", "the stage has no conditions")
		}
		l.config.Rating.Stages.List = append(l.config.Rating.Stages.List, stage)
	}
	if len(list) == 0 {
		l.stageNames.open = true
		if v.isEmpty() {
			v.problem("add at least one, such as [{name: visit}]", "there is no stage")
		}
	}
}

func (l *loader) stageCondition(v value) rules.StageCondition {
	var c rules.StageCondition
	o := v.object("score", "at_least", "segment", "field", "equals")
	if o.keys == nil {
		return c
	}
	var kinds int
	for _, key := range []string{"score", "segment", "field"} {
		if o.get(key).present() {
			kinds++
		}
	}
	if kinds != 1 {
		o.problem("write one condition for each; all of a stage must hold", "a condition names just one of score, segment and field")
	}
	if score := o.get("score"); score.present() {
		c.Score, _ = l.scores.refer(score)
		c.AtLeast, _ = o.need("at_least", "add the points, such as at_least: 11").number()
	} else if v := o.get("at_least"); v.present() && kinds == 1 {
		v.problem("name the score beside it, or remove it", "at_least belongs to a score")
	}
	c.Segment, _ = l.segments.refer(o.get("segment"))
	field, equals := o.get("field"), o.get("equals")
	if equals.present() && !field.present() && kinds == 1 {
		equals.problem("name the field beside it, or remove it", "equals belongs to a field")
	}
	name, ok := l.fields.refer(field)
	if !ok {
		return c
	}
	c.Field = name
	f := &l.config.Fields[l.fields.at[name]]
	if f.Purposes != 0 && !l.profiled(f) { // without a purpose the field has a problem of its own
		field.problem("bind the field to a purpose with profiling: score, or ask for another field",
			"the stage could never be reached: no purpose that profiles may see the field %s", quoted(name))
	}
	if equals.present() {
		c.Equals = l.fieldValue(equals, f)
	}
	return c
}

// profiled tells whether a purpose that asks for profiling is bound to the field.
func (l *loader) profiled(f *Field) bool {
	for i := range l.config.Purposes {
		if p := &l.config.Purposes[i]; f.Purposes.Has(p.Bit) && p.Profiling >= policies.ProfilingScore {
			return true
		}
	}
	return false
}

// fieldValue reads a value that a field may hold, in the form that a rule compares.
func (l *loader) fieldValue(v value, f *Field) string {
	if kind := kindOf(v.node); f.Type == FieldBoolean && kind == "true or false" || f.Type == FieldNumber && kind == "a number" {
		return v.node.Value
	}
	s := v.text(maxLength)
	if s == "" {
		return ""
	}
	if _, ok := f.CheckText(s); !ok {
		if len(f.Values) > 0 {
			v.problem(v.meant(s, f.Values), "%s is not among the values of the field %s", quoted(s), quoted(f.Name))
		} else {
			v.problem("write a "+f.Type.String(), "the field %s cannot hold this value", quoted(f.Name))
		}
	}
	return s
}
