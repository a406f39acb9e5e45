package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/lotse-edge/lotse/rules"
)

// yamlDocument is a YAML file being read: it collects every problem, as file:line:column: message (suggestion). Its methods
// take nil for a key that is absent and report nothing then.
type yamlDocument struct {
	file     string
	problems []yamlProblem
}

// yamlProblem is one problem at its place, from 1; column 0 is the whole line, line 0 the whole file.
type yamlProblem struct {
	line, column        int
	message, suggestion string
}

// yamlPair is a key that the author chose, and what stands under it.
type yamlPair struct{ key, value *yaml.Node }

func (d *yamlDocument) problem(n *yaml.Node, suggestion, format string, args ...any) {
	d.problems = append(d.problems, yamlProblem{n.Line, n.Column, fmt.Sprintf(format, args...), suggestion})
}

// add is problem without a node.
func (d *yamlDocument) add(line int, suggestion, message string) {
	d.problems = append(d.problems, yamlProblem{line, 0, message, suggestion})
}

// err gives the problems by their places, each once.
func (d *yamlDocument) err() error {
	slices.SortStableFunc(d.problems, func(a, b yamlProblem) int {
		return cmp.Or(cmp.Compare(a.line, b.line), cmp.Compare(a.column, b.column))
	})
	var lines []string
	for _, p := range slices.Compact(d.problems) {
		lines = append(lines, problemEntry{File: d.file, Line: p.line, Column: p.column, Detail: p.message, Suggestion: p.suggestion}.line())
	}
	if len(lines) == 0 {
		return nil
	}
	return errors.New(strings.Join(lines, "\n"))
}

// parse gives the root of the file's one document, or nil.
func (d *yamlDocument) parse(raw []byte) *yaml.Node {
	decoder := yaml.NewDecoder(bytes.NewReader(raw))
	var top yaml.Node
	switch err := decoder.Decode(&top); {
	case errors.Is(err, io.EOF):
		d.add(1, "", "the file is empty")
		return nil
	case err != nil:
		line, message := parserSays(err)
		d.add(line, "the parser names a line near the mistake: check the indentation, which is of spaces and never of tabs, and the quotes", "not valid YAML: "+message)
		return nil
	}
	if err := decoder.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		d.add(1, "remove what follows the line ---", "the file holds several documents")
		return nil
	}
	if d.references(&top) {
		return nil
	}
	return top.Content[0]
}

// parserSays takes apart what the YAML parser writes: "yaml: line 3: what is wrong".
func parserSays(err error) (line int, message string) {
	message = strings.TrimPrefix(err.Error(), "yaml: ")
	if n, _ := fmt.Sscanf(message, "line %d:", &line); n == 1 {
		_, message, _ = strings.Cut(message, ": ")
	}
	return line, message
}

// references refuses anchors, aliases and merge keys: the rest of the reading meets plain nodes only.
func (d *yamlDocument) references(n *yaml.Node) bool {
	if n.Kind == yaml.AliasNode || n.Anchor != "" || n.ShortTag() == "!!merge" {
		d.problem(n, "write the value out", "anchors (&), aliases (*) and merges (<<) are not allowed")
		return true
	}
	return slices.ContainsFunc(n.Content, d.references)
}

// pairs gives the keys of a mapping in order.
func (d *yamlDocument) pairs(n *yaml.Node, what string) []yamlPair {
	if n == nil {
		return nil
	}
	if n.Kind != yaml.MappingNode {
		d.problem(n, "write key: value", "%s must be a mapping", what)
		return nil
	}
	var pairs []yamlPair
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		switch {
		case key.Kind != yaml.ScalarNode:
			d.problem(key, "write a text", "a key must be one value")
		case seen[key.Value]:
			d.problem(key, "remove one of them", "the key %q occurs twice", key.Value)
		default:
			seen[key.Value] = true
			pairs = append(pairs, yamlPair{key, value})
		}
	}
	return pairs
}

// object gives the values of a mapping whose keys are known.
func (d *yamlDocument) object(n *yaml.Node, what string, known ...string) map[string]*yaml.Node {
	values := map[string]*yaml.Node{}
	for _, p := range d.pairs(n, what) {
		if !slices.Contains(known, p.key.Value) {
			suggestion := "known are " + strings.Join(known, ", ")
			if near := rules.Nearest(p.key.Value, known); near != "" {
				suggestion = fmt.Sprintf("did you mean %q?", near)
			}
			d.problem(p.key, suggestion, "%s has no key %q", what, p.key.Value)
			continue
		}
		values[p.key.Value] = p.value
	}
	return values
}

// need gives a key that must be there.
func (d *yamlDocument) need(o map[string]*yaml.Node, at *yaml.Node, key, what string) *yaml.Node {
	n := o[key]
	if n == nil && at.Kind == yaml.MappingNode {
		d.problem(at, "add "+what, "the key %q is missing", key)
	}
	return n
}

// list gives the items of a list.
func (d *yamlDocument) list(n *yaml.Node, what string) []*yaml.Node {
	if n == nil {
		return nil
	}
	if n.Kind != yaml.SequenceNode {
		d.problem(n, "write a list", "%s must be a list", what)
		return nil
	}
	return n.Content
}

// texts gives one text or a list of texts, as they are written: the values of a CSV file have no types.
func (d *yamlDocument) texts(n *yaml.Node) []string {
	if n == nil {
		return nil
	}
	if n.Kind == yaml.ScalarNode {
		return []string{d.text(n)}
	}
	var list []string
	for _, item := range d.list(n, "this") {
		list = append(list, d.text(item))
	}
	return list
}

// text gives a scalar as it is written.
func (d *yamlDocument) text(n *yaml.Node) string {
	if n == nil {
		return ""
	}
	if n.Kind != yaml.ScalarNode || n.ShortTag() == "!!null" {
		d.problem(n, "write a text", "one value is needed here")
		return ""
	}
	return n.Value
}

func (d *yamlDocument) oneOf(n *yaml.Node, words ...string) string {
	s := d.text(n)
	if !slices.Contains(words, s) {
		d.problem(n, "write one of "+strings.Join(words, ", "), "this word is not known here")
		return words[0]
	}
	return s
}

func (d *yamlDocument) column(n *yaml.Node) column {
	name := d.text(n)
	if name == "" {
		d.problem(n, "write the name in the file's first line", "the name of a column is empty")
	}
	return column{name: name, line: n.Line}
}
