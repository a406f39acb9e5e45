package tenant

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// This file reads one YAML document into nodes and refuses what a configuration does not need and an attacker would like:
// anchors and aliases (that grow when they are followed), tags of one's own, several documents, great size and depth.

const (
	maxDocument = 512 << 10 // bytes of one YAML file
	maxDepth    = 12        // levels of a document; the deepest key of the format is at 8
)

// document is a file being read.
type document struct {
	file   string
	report *report
}

// read parses a file; ok is false when nothing of it can be used.
func (d *document) read(data []byte) (root value, ok bool) {
	before := len(d.report.problems)
	switch {
	case len(data) > maxDocument:
		d.problem(0, "", fmt.Sprintf("the file is larger than %d KiB", maxDocument>>10), "split the tenant or shorten the texts")
		return value{}, false
	case !utf8.Valid(data):
		line := 1 + bytes.Count(data[:firstInvalid(data)], []byte{'\n'})
		d.problem(line, "", "the file is not valid UTF-8", "save it as UTF-8")
		return value{}, false
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var top yaml.Node
	if err := decoder.Decode(&top); err != nil {
		if errors.Is(err, io.EOF) {
			d.problem(0, "", "the file is empty", "see the sample tenant for what belongs here")
		} else {
			d.syntax(data, err)
		}
		return value{}, false
	}
	var second yaml.Node
	switch err := decoder.Decode(&second); {
	case err == nil:
		d.problem(second.Line, "", "the file holds several documents", "remove what follows the line ---")
	case !errors.Is(err, io.EOF):
		d.syntax(data, err)
	}
	if top.Kind != yaml.DocumentNode || len(top.Content) != 1 {
		d.problem(top.Line, "", "the file is not one YAML document", "")
		return value{}, false
	}
	node := top.Content[0]
	d.plain(node, 1)
	if len(d.report.problems) > before || d.report.full() {
		return value{}, false
	}
	return value{doc: d, node: node, line: node.Line}, true
}

// plain reports the parts of YAML that are refused. It comes before everything else, so that the rest of the package
// meets plain mappings, sequences and scalars only.
func (d *document) plain(n *yaml.Node, depth int) {
	if depth > maxDepth {
		d.problem(n.Line, "", fmt.Sprintf("the document is nested more than %d levels deep", maxDepth), "see the sample tenant for the format")
		return
	}
	if n.Kind == yaml.AliasNode {
		d.problem(n.Line, "", "aliases (*name) are not allowed", "write the value out")
		return
	}
	if n.Anchor != "" {
		d.problem(n.Line, "", "anchors (&name) are not allowed", "write the value out where it is needed")
	}
	if n.ShortTag() == "!!merge" {
		d.problem(n.Line, "", "merge keys (<<) are not allowed", "write the keys out")
		return
	}
	if n.Style&yaml.TaggedStyle != 0 {
		d.problem(n.Line, "", "tags (!name) are not allowed", "remove the tag; put a text in quotes to keep it a text")
	}
	for _, child := range n.Content {
		d.plain(child, depth+1)
	}
}

func (d *document) problem(line int, path, message, suggestion string) {
	d.report.problem(Problem{File: d.file, Line: line, Path: path, Message: message, Suggestion: suggestion})
}

func firstInvalid(data []byte) int {
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return len(data)
}
