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
		"no text":                  {`event.path == ""`, "5:45: a filter of events compares with texts of 1 to 256 bytes on one line"},
		"beginning with no text":   {`event.path.startsWith("")`, "5:53: a filter of events compares with texts"},
		"no text in a list":        {`event.path in ["a", ""]`, "5:45: a filter of events compares with texts"},
		"several lines":            {`event.path == "a\nb"`, "5:45: a filter of events compares with texts"},
		"a separator of lines":     {`event.path == "a\u2028b"`, "5:45: a filter of events compares with texts"},
		"the longest text":         {`event.path == "` + strings.Repeat("a", 256) + `"`, ""},
		"a longer text":            {`event.path == "` + strings.Repeat("a", 257) + `"`, "5:45: a filter of events compares with texts"},
		"the longest list":         {texts(64), ""},
		"a longer list":            {texts(65), "5:42: a filter of events has 64 texts after in at most"},
		"the most conditions":      {conditions(8), ""},
		"more conditions":          {conditions(9), "a filter of events has 8 conditions at most"},
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
