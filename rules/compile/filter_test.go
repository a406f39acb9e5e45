package compile_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/lotse-edge/lotse/rules/compile"
)

// A filter that the manifest would refuse is refused where it stands; the largest that the manifest takes compiles.
func TestFiltersHaveThePlaceOfTheirProblem(t *testing.T) {
	texts := func(n int) string {
		var list []string
		for i := range n {
			list = append(list, fmt.Sprintf(`"%d"`, i))
		}
		return "event.path in [" + strings.Join(list, ", ") + "]"
	}
	conditions := func(n int) string {
		return strings.Join(strings.Split(strings.Repeat(`event.path.startsWith("/"),`, n)[:n*len(`event.path.startsWith("/"),`)-1], ","), " && ")
	}
	for name, c := range map[string]struct {
		filter string
		want   string // empty: it compiles
	}{
		"no text":                  {`event.path == ""`, "a filter cannot ask for an empty text"},
		"beginning with no text":   {`event.path.startsWith("")`, "a filter cannot ask for an empty text"},
		"no text in a list":        {`event.path in ["a", ""]`, "a filter cannot ask for an empty text"},
		"several lines":            {`event.path == "a\nb"`, "a text of a filter has at most 256 bytes, on one line"},
		"a separator of lines":     {`event.path == "a\u2028b"`, "a text of a filter has at most 256 bytes, on one line"},
		"the longest text":         {`event.path == "` + strings.Repeat("a", 256) + `"`, ""},
		"a longer text":            {`event.path == "` + strings.Repeat("a", 257) + `"`, "a text of a filter has at most 256 bytes, on one line"},
		"the longest list":         {texts(64), ""},
		"a longer list":            {texts(65), "a filter has at most 8 conditions, of 64 texts each"},
		"the most conditions":      {conditions(8), ""},
		"more conditions":          {conditions(9), "a filter has at most 8 conditions, of 64 texts each"},
		"a condition as any other": {`event.path == "/shop" && event.category in ["a", "a"]`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := compile.Compile([]byte(head+"segments:\n  - segment: a\n    when: 'count(\"page_view\", "+c.filter+") > 0'\n"), "test", winery)
			switch {
			case c.want == "" && err != nil:
				t.Error(err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), "test.yaml:5:") || !strings.Contains(err.Error(), c.want)):
				t.Errorf("want %s, got %v", c.want, err)
			}
		})
	}
}
