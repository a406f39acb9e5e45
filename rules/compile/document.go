package compile

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/lotse-edge/lotse/rules"
)

// This file reads the YAML of a rule file: plain mappings, lists and scalars. Anchors and aliases, tags of one's own and
// several documents are refused.

const (
	maxFile  = 256 << 10 // bytes
	maxDepth = 8
)

var lineOfSyntax = regexp.MustCompile(`line (\d+): `)

// parse reads the document; nil where nothing of it can be used, which is reported.
func (f *file) parse(data []byte) *yaml.Node {
	switch {
	case len(data) > maxFile:
		f.report.problem(position{}, "split it", "the file is larger than %d KiB", maxFile>>10)
		return nil
	case !utf8.Valid(data):
		f.report.problem(position{}, "save it as UTF-8", "the file is not UTF-8")
		return nil
	}
	for line := range strings.SplitSeq(string(data), "\n") {
		f.lines = append(f.lines, []rune(strings.TrimSuffix(line, "\r")))
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var top, second yaml.Node
	err := decoder.Decode(&top)
	if err == nil {
		if err = decoder.Decode(&second); err == nil {
			f.report.problem(position{second.Line, 1}, "remove what follows the line ---", "the file holds several documents")
			return nil
		} else if errors.Is(err, io.EOF) {
			err = nil
		}
	}
	switch {
	case errors.Is(err, io.EOF):
		f.report.problem(position{}, "begin with version: 1.0.0", "the file is empty")
		return nil
	case err != nil:
		message, line := strings.TrimPrefix(err.Error(), "yaml: "), 0
		if m := lineOfSyntax.FindStringSubmatch(message); m != nil {
			line, _ = strconv.Atoi(m[1])
			message = strings.Replace(message, m[0], "", 1)
		}
		line = slipLine(data, line)
		f.report.problem(position{line, min(line, 1)}, `check the indentation; write an expression that stands within { }, holds " : " or " #", or begins with a quote, [, {, ! or *, in 'quotes' or on the lines after |`, "not valid YAML: %s", message)
		return nil
	}
	root := top.Content[0]
	f.plain(root, 1)
	if len(f.report.problems) > 0 {
		return nil
	}
	return root
}

// slipLine finds the line of an error of YAML itself. The parser is often off by some lines; the slip is on the line with
// which what was whole before becomes broken.
func slipLine(data []byte, line int) int {
	lines := bytes.SplitAfter(data, []byte("\n"))
	whole := func(n int) bool {
		var node yaml.Node
		err := yaml.Unmarshal(bytes.Join(lines[:n], nil), &node)
		return err == nil
	}
	for n := max(line-3, 1); n <= min(line+3, len(lines)); n++ {
		if whole(n-1) && !whole(n) {
			return n
		}
	}
	return line
}

// plain reports the parts of YAML that are refused.
func (f *file) plain(n *yaml.Node, depth int) {
	at := placeOf(n)
	switch {
	case depth > maxDepth:
		f.report.problem(at, "", "the file is nested more than %d levels deep", maxDepth)
		return
	case n.Kind == yaml.AliasNode:
		f.report.problem(at, "put an expression that begins with * in quotes, or write the value out", "aliases (*name) are not allowed")
		return
	case n.Anchor != "":
		f.report.problem(at, "write the value out", "anchors (&name) are not allowed")
	case n.ShortTag() == "!!merge":
		f.report.problem(at, "write the keys out", "merge keys (<<) are not allowed")
		return
	case n.Style&yaml.TaggedStyle != 0:
		f.report.problem(at, "put an expression that begins with ! in quotes", "tags (!name) are not allowed")
		return
	}
	for _, child := range n.Content {
		f.plain(child, depth+1)
	}
}

// object is a mapping whose keys belong to the format.
type object struct {
	*file
	at      position
	keys    map[string]*yaml.Node
	slipped []string // known keys that an unknown one was likely meant to be
}

// object reads a mapping and reports keys that are not known or there twice. Without a mapping the object is empty, and
// open to all questions.
func (f *file) object(n *yaml.Node, known ...string) object {
	o := object{file: f, at: placeOf(n), keys: map[string]*yaml.Node{}}
	if n.Kind != yaml.MappingNode {
		f.report.problem(o.at, "", "here belongs a mapping with the keys %s", strings.Join(known, ", "))
		o.keys = nil
		return o
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		at := position{key.Line, key.Column}
		switch {
		case !slices.Contains(known, key.Value) || key.Kind != yaml.ScalarNode:
			suggestion := didYouMean(key.Value, known)
			if suggestion == "" {
				suggestion = "the keys are " + strings.Join(known, ", ")
			}
			o.slipped = append(o.slipped, rules.Nearest(key.Value, known))
			f.report.problem(at, suggestion, "the key %s is not known here", shown(key.Value))
		case o.keys[key.Value] != nil:
			f.report.problem(at, "remove one of the two", "the key %s stands twice", key.Value)
		default:
			o.keys[key.Value] = value
		}
	}
	return o
}

// need gives the value of a key that must be there, or nil.
func (o object) need(key, suggestion string) *yaml.Node {
	n := o.keys[key]
	if n == nil && o.keys != nil && !slices.Contains(o.slipped, key) {
		o.report.problem(o.at, suggestion, "the key %s is missing", key)
	}
	return n
}

// list gives the items of a list that must not be empty.
func (f *file) list(n *yaml.Node, limit int, what string) []*yaml.Node {
	switch {
	case n == nil:
		return nil
	case n.Kind != yaml.SequenceNode:
		f.report.problem(placeOf(n), "begin each with a dash", "here belongs a list of %s", what)
		return nil
	case len(n.Content) == 0:
		f.report.problem(placeOf(n), "add one, or remove the key", "the list of %s is empty", what)
	case len(n.Content) > limit:
		f.report.problem(placeOf(n), "split the file", "the list has %d %s, more than %d", len(n.Content), what, limit)
		return nil
	}
	return n.Content
}
