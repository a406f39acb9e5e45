package edge_test

import (
	"strings"
	"testing"
)

// What a visitor corrects (Article 16) is corrected everywhere: in what is stored, in the copy to take along, and in the next
// decision, where a stage asks for it. The old value is in none of them.
func TestCorrectionReachesEverything(t *testing.T) {
	b := start(t, nil)
	files := small("shop")
	replaceIn(t, files, "stages.yaml", "when: [{score: points, at_least: 3}]", "when: [{field: company, equals: right}]")
	b.apply("shop", files)
	key := writeKey + "shop"
	token := b.decide(t, key, "", `{"consent":{"profiling":"granted"}}`).Visitor
	if d := b.decide(t, key, token, `{"traits":{"company":"wrong"},"want":["stage"]}`); d.Stage != "visit" {
		t.Errorf("the stage is %q before the correction", d.Stage)
	}
	if d := b.decide(t, key, token, `{"traits":{"company":"right"},"want":["stage"]}`); d.Stage != "lead" {
		t.Errorf("the stage is %q in the request that corrects", d.Stage)
	}
	_, copied := portableCopy(t, b, key, token)
	for _, text := range []string{b.stored(t, key, token), copied} {
		if strings.Contains(text, "wrong") || strings.Count(text, `"right"`) != 1 {
			t.Errorf("after the correction: %s", text)
		}
	}
	if d := b.decide(t, key, token, `{"want":["stage"]}`); d.Stage != "lead" {
		t.Errorf("the stage is %q in the next decision", d.Stage)
	}
}

func replaceIn(t *testing.T, files map[string][]byte, file, old, with string) {
	t.Helper()
	if !strings.Contains(string(files[file]), old) {
		t.Fatalf("%s does not hold %q", file, old)
	}
	files[file] = []byte(strings.Replace(string(files[file]), old, with, 1))
}
