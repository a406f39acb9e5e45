package tenant

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// This file finds the line of an error of YAML itself. The parser often names the line where the innermost mapping began,
// which may be far above the slip. So we look for the longest beginning of the file that is whole: the slip is on the line
// after it.

// maxReparsed bounds that search, in bytes given to the parser.
const maxReparsed = 4 << 20

var lineOfSyntax = regexp.MustCompile(`line (\d+): `)

// syntax reports an error of the YAML parser.
func (d *document) syntax(data []byte, err error) {
	message, line := strings.TrimPrefix(err.Error(), "yaml: "), 0
	if m := lineOfSyntax.FindStringSubmatchIndex(message); m != nil {
		line, _ = strconv.Atoi(message[m[2]:m[3]])
		message = message[:m[0]] + message[m[1]:]
	}
	line = max(line, slipLine(data))
	d.problem(line, "", "not valid YAML: "+message, "check the indentation here and on the line before; put texts with : ? # , or { in quotes")
}

// slipLine gives the line after the longest beginning that is whole, or 0 when the search costs too much.
func slipLine(data []byte) int {
	var ends []int // of each line
	for i, c := range data {
		if c == '\n' || i == len(data)-1 {
			ends = append(ends, i+1)
		}
	}
	budget := maxReparsed
	whole := func(lines int) bool {
		if lines == 0 {
			return true
		}
		budget -= ends[lines-1]
		return budget >= 0 && parses(data[:ends[lines-1]])
	}
	low := 0 // lines of a beginning that is whole
	for budget >= 0 {
		high := len(ends) // lines of one that is not
		for low+1 < high {
			if middle := (low + high) / 2; whole(middle) {
				low = middle
			} else {
				high = middle
			}
		}
		// A beginning may end within a value of several lines and be whole again after it.
		next := low + 2
		for next < len(ends) && next < low+100 && !whole(next) {
			next++
		}
		if next >= len(ends) || next == low+100 {
			return low + 1
		}
		low = next
	}
	return 0
}

func parses(data []byte) bool {
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	for {
		var n yaml.Node
		if err := decoder.Decode(&n); err != nil {
			return errors.Is(err, io.EOF)
		}
	}
}
