package compile

import (
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"
)

// source is an expression as YAML gives it, and where each of its characters stands in the file.
type source struct {
	text   string
	runes  []rune
	places []position // of each character, and of the end
	lines  []int      // the number of characters before each line of the text
}

func (s *source) start() position { return s.places[0] }

// offset gives the place of a character. CEL names a call by its parenthesis and a selection by its dot; people look for
// the name.
func (s *source) offset(n int) position {
	n = min(max(n, 0), len(s.runes))
	if n < len(s.runes) {
		switch s.runes[n] {
		case '.':
			n++
		case '(':
			for n > 0 && (s.runes[n-1] == '_' || unicode.IsLetter(s.runes[n-1])) {
				n--
			}
		}
	}
	return s.places[n]
}

// lineColumn gives the place of a line (from 1) and a column (from 0) of the text.
func (s *source) lineColumn(line, column int) position {
	return s.offset(s.index(line, column))
}

// index gives the character at a line (from 1) and a column (from 0) of the text.
func (s *source) index(line, column int) int {
	if line < 1 || line > len(s.lines) {
		return 0
	}
	return s.lines[line-1] + column
}

// newSource finds the characters of a scalar in the file's lines. YAML may have folded lines, taken indentation away and
// written quotes in another way, so the two are read side by side. A character that cannot be found, as of an escape such
// as \x41, stands where the one before it did.
func newSource(n *yaml.Node, file [][]rune) *source {
	s := &source{text: n.Value, runes: []rune(n.Value), lines: []int{0}}
	c := cursor{file: file, line: n.Line - 1, column: n.Column - 1}
	switch n.Style &^ yaml.TaggedStyle {
	case yaml.LiteralStyle, yaml.FoldedStyle:
		c.line, c.column = c.line+1, 0
	case yaml.SingleQuotedStyle, yaml.DoubleQuotedStyle:
		c.column++
	}
	count := 0
	for _, r := range n.Value {
		count++
		if r == '\n' {
			s.lines = append(s.lines, count)
		}
		if unicode.IsSpace(r) {
			s.places = append(s.places, c.place())
			continue
		}
		c.skipSpace()
		if n.Style&yaml.DoubleQuotedStyle != 0 && c.peek() == '\\' && strings.ContainsRune(`"\/`, r) {
			c.column++
		}
		s.places = append(s.places, c.place())
		if c.peek() != r {
			continue
		}
		c.column++
		if r == '\'' && n.Style&yaml.SingleQuotedStyle != 0 {
			c.column++
		}
	}
	s.places = append(s.places, c.place())
	return s
}

// cursor walks through a file.
type cursor struct {
	file         [][]rune
	line, column int
}

func (c *cursor) place() position { return position{c.line + 1, c.column + 1} }

func (c *cursor) peek() rune {
	if c.line < len(c.file) && c.column < len(c.file[c.line]) {
		return c.file[c.line][c.column]
	}
	return 0
}

func (c *cursor) skipSpace() {
	for c.line < len(c.file) {
		for c.column < len(c.file[c.line]) && unicode.IsSpace(c.file[c.line][c.column]) {
			c.column++
		}
		if c.column < len(c.file[c.line]) {
			return
		}
		c.line, c.column = c.line+1, 0
	}
}
