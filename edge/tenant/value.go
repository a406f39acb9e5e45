package tenant

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/lotse-edge/lotse/rules"
	"github.com/lotse-edge/lotse/sdk/abi"
)

// value is one node of a document and the way to it. Every method reports what is wrong and gives a zero value then, so
// that reading goes on and all problems are found in one run. The value of an absent key is the zero value: its methods
// give zero values and report nothing.
type value struct {
	doc  *document
	node *yaml.Node
	path string
	line int // of the key, where there is one: a missing key is reported where its mapping begins
}

func (v value) present() bool { return v.node != nil }

func (v value) isMapping() bool { return v.present() && v.node.Kind == yaml.MappingNode }

// isEmpty tells an empty list from an absent or a wrong value.
func (v value) isEmpty() bool {
	return v.present() && v.node.Kind == yaml.SequenceNode && len(v.node.Content) == 0
}

// hasKey looks for a key of a mapping, whatever its value is.
func (v value) hasKey(key string) bool {
	return v.isMapping() && keyLine(v.node, key) > 0
}

func (v value) problem(suggestion, format string, args ...any) {
	if v.doc != nil {
		v.doc.problem(v.line, v.path, fmt.Sprintf(format, args...), suggestion)
	}
}

func (v value) warning(suggestion, format string, args ...any) {
	v.doc.report.warning(Warning{File: v.doc.file, Line: v.line, Path: v.path, Message: fmt.Sprintf(format, args...), Suggestion: suggestion})
}

// wrong reports a node of another kind than is wanted.
func (v value) wrong(want string) {
	v.problem("write "+want, "%s was found", kindOf(v.node))
}

func kindOf(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	}
	switch n.ShortTag() {
	case "!!null":
		return "nothing"
	case "!!bool":
		return "true or false"
	case "!!int", "!!float":
		return "a number"
	case "!!timestamp":
		return "a date"
	}
	return "a text"
}

// member is one key of a mapping whose keys are names that the tenant chose.
type member struct {
	name string
	value
}

// members gives the keys of a mapping in order, without those that occur twice.
func (v value) members(what string) []member {
	if !v.present() {
		return nil
	}
	if v.node.Kind != yaml.MappingNode {
		v.wrong(what)
		return nil
	}
	members := make([]member, 0, len(v.node.Content)/2)
	seen := make(map[string]int, len(v.node.Content)/2)
	for i := 0; i+1 < len(v.node.Content); i += 2 {
		key, content := v.node.Content[i], v.node.Content[i+1]
		at := value{doc: v.doc, node: key, path: v.path, line: key.Line}
		if key.Kind != yaml.ScalarNode || key.ShortTag() != "!!str" {
			at.problem("put the key in quotes, or check the indentation", "a key must be a text")
			continue
		}
		at.path = v.child(key.Value)
		if first, ok := seen[key.Value]; ok {
			at.problem("remove one of the two", "the key stands twice, first on line %d", first)
			continue
		}
		seen[key.Value] = key.Line
		line := key.Line
		if content.Kind == yaml.ScalarNode {
			line = content.Line
		}
		members = append(members, member{key.Value, value{doc: v.doc, node: content, path: at.path, line: line}})
	}
	return members
}

// child extends the path by a key; long or odd keys are cut, as a path is shown to people.
func (v value) child(key string) string {
	if len(key) > maxName || strings.ContainsAny(key, ". \t\n[]") {
		key = quoted(key)
	}
	if v.path == "" {
		return key
	}
	return v.path + "." + key
}

// object is a mapping whose keys belong to the format.
type object struct {
	value
	keys    map[string]value
	slipped []string // known keys that an unknown one was likely meant to be
}

// object reads a mapping and reports the keys that are not known.
func (v value) object(known ...string) object {
	o := object{value: v}
	if !v.present() {
		return o
	}
	if v.node.Kind != yaml.MappingNode {
		v.wrong("a mapping with the keys " + strings.Join(known, ", "))
		return o
	}
	o.keys = make(map[string]value, len(known))
	for _, m := range v.members("") {
		if !slices.Contains(known, m.name) {
			m.line = keyLine(v.node, m.name)
			m.problem(v.meant(m.name, known), "the key %s is not known here", quoted(m.name))
			if len(m.name) <= maxName && !v.doc.report.full() {
				o.slipped = append(o.slipped, rules.Nearest(m.name, known))
			}
			continue
		}
		o.keys[m.name] = m.value
	}
	return o
}

func keyLine(mapping *yaml.Node, key string) int {
	for i := 0; i < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			return mapping.Content[i].Line
		}
	}
	return 0
}

// get gives the value of a key, which may be absent.
func (o object) get(key string) value { return o.keys[key] }

// need is get for a key that must be there.
func (o object) need(key, suggestion string) value {
	v, ok := o.keys[key]
	if !ok && o.keys != nil && !slices.Contains(o.slipped, key) {
		o.problem(suggestion, "the key %s is missing", key)
	}
	return v
}

// list gives the elements of a sequence.
func (v value) list(limit int, what string) []value {
	if !v.present() {
		return nil
	}
	if v.node.Kind != yaml.SequenceNode {
		v.wrong("a list of " + what + ", such as [a, b]")
		return nil
	}
	if len(v.node.Content) > limit {
		v.problem("keep the most useful ones", "the list has %d entries, at most %d are allowed", len(v.node.Content), limit)
		return nil
	}
	elements := make([]value, len(v.node.Content))
	for i, n := range v.node.Content {
		elements[i] = value{doc: v.doc, node: n, path: fmt.Sprintf("%s[%d]", v.path, i), line: n.Line}
	}
	return elements
}

// text reads a text of at most limit bytes that is not blank.
func (v value) text(limit int) string {
	if !v.present() {
		return ""
	}
	if v.node.Kind != yaml.ScalarNode {
		v.wrong("a text")
		return ""
	}
	if v.node.ShortTag() != "!!str" {
		v.problem("put a text in quotes", "%s was found where a text belongs", kindOf(v.node))
		return ""
	}
	s := strings.TrimSpace(v.node.Value)
	switch {
	case s == "":
		v.problem("write a text or remove the key", "the text is blank")
	case len(s) > limit:
		v.problem("shorten it", "the text has %d bytes, at most %d are allowed", len(s), limit)
		return ""
	case strings.ContainsFunc(s, func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' || r == 0x7f }):
		v.problem("remove it", "the text holds a control character")
		return ""
	}
	return s
}

// maxName is the length of the longest name, in bytes.
const maxName = 64

// named checks a name that the tenant chooses: of a purpose, a field, a slot.
func (v value) named(name string) bool {
	if abi.ValidName(name) {
		return true
	}
	suggestion := fmt.Sprintf("begin with a letter a-z and use a-z, 0-9, _ and - only, at most %d characters", maxName)
	if lower := strings.ToLower(strings.Join(strings.Fields(name), "_")); lower != name && abi.ValidName(lower) {
		suggestion = "write " + lower
	}
	v.problem(suggestion, "%s is not a name", quoted(name))
	return false
}

// name reads a name.
func (v value) name() string {
	s := v.text(maxDocument)
	if s == "" || !v.named(s) {
		return ""
	}
	return s
}

func (v value) boolean() bool {
	if !v.present() {
		return false
	}
	if v.node.Kind != yaml.ScalarNode || v.node.ShortTag() != "!!bool" {
		v.wrong("true or false")
		return false
	}
	return strings.EqualFold(v.node.Value, "true")
}

// number reads a finite number.
func (v value) number() (float64, bool) {
	if !v.present() {
		return 0, false
	}
	if v.node.Kind == yaml.ScalarNode && (v.node.ShortTag() == "!!int" || v.node.ShortTag() == "!!float") {
		if f, err := strconv.ParseFloat(v.node.Value, 64); err == nil && !math.IsInf(f, 0) && !math.IsNaN(f) {
			return f, true
		}
	}
	v.wrong("a number, such as 11 or 2.5")
	return 0, false
}

// integer reads a whole number between two bounds.
func (v value) integer(least, most int) int {
	f, ok := v.number()
	if !ok {
		return 0
	}
	if f != math.Trunc(f) || f < float64(least) || f > float64(most) {
		v.problem("mend the number", "the number must be whole and between %d and %d", least, most)
		return 0
	}
	return int(f)
}

// maxDays is the longest time to live, in days: a century.
const maxDays = 36500

var daysPattern = regexp.MustCompile(`^([1-9][0-9]{0,4})(d|w|y)$`)

// days reads a length of time in whole days, such as 90d, 26w or 2y; a year has 365 days.
func (v value) days() int {
	if !v.present() {
		return 0
	}
	const want = "write days, weeks or years, such as 90d, 26w or 2y"
	if v.node.Kind != yaml.ScalarNode {
		v.problem(want, "%s was found where a length of time belongs", kindOf(v.node))
		return 0
	}
	m := daysPattern.FindStringSubmatch(v.node.Value)
	if m == nil {
		v.problem(want, "this is not a length of time")
		return 0
	}
	n, _ := strconv.Atoi(m[1])
	n *= map[string]int{"d": 1, "w": 7, "y": 365}[m[2]]
	if n > maxDays {
		v.problem(want, "the time is longer than a hundred years")
		return 0
	}
	return n
}

// enum reads one of the names of an enum; ok is false when the value is absent or wrong.
func enum[T any](v value, parse func(string) (T, error), known ...string) (t T, ok bool) {
	if !v.present() {
		return t, false
	}
	s := v.text(maxDocument)
	if s == "" {
		return t, false
	}
	if slices.Contains(known, s) {
		if t, err := parse(s); err == nil {
			return t, true
		}
	}
	v.problem(v.meant(s, known), "%s is not one of %s", quoted(s), strings.Join(known, ", "))
	return t, false
}

// meant suggests the known name that is nearest.
func (v value) meant(name string, known []string) string {
	if len(name) <= maxName && !v.doc.report.full() {
		if near := rules.Nearest(name, known); near != "" {
			return "did you mean " + near + "?"
		}
	}
	if len(known) == 0 || len(known) > 12 {
		return ""
	}
	return "known: " + strings.Join(known, ", ")
}

// quoted shows a name, cut when it is too long to be one.
func quoted(name string) string {
	if len(name) > maxName {
		name = strings.ToValidUTF8(name[:maxName], "") + "..."
	}
	return strconv.Quote(name)
}
