package compile_test

import (
	"testing"

	"github.com/lotse-edge/lotse/sdk/abi"
)

// wazero 1.12.0 takes 0 < (x & y) for (x & y) < 0 where a branch follows, so code must not compare a zero on the left with an
// and on the right. Booleans do not: what they are ordered by is made without a comparison.
func TestFalseBesideAnAnd(t *testing.T) {
	const file = head + `
models:
  - score: s
    reasons:
      - {reason: less, points: '(false < (profile.need == "aadfegce")) ? 10 : -5'}
      - {reason: less-equal, points: '(false <= (profile.need == "aadfegce")) ? 10 : -5'}
      - {reason: more, points: '(false > (profile.need == "aadfegce")) ? 10 : -5'}
      - {reason: more-equal, points: '(false >= (profile.need == "aadfegce")) ? 10 : -5'}
      - {reason: turned, points: '((profile.need == "aadfegce") > false) ? 10 : -5'}
segments:
  - {segment: less, when: '("a" in []) < (profile.need == "aadfegce")'}
  - {segment: more-equal, when: 'false >= (profile.need == "aadfegce")'}
`
	want := "s less 10; s less-equal 10; s more -5; s more-equal -5; s turned 10; less"
	if got := said(t, file, map[string]abi.Value{"need": textValue("aadfegce")}); got != want {
		t.Errorf("true on the right:\n got %s\nwant %s", got, want)
	}
	want = "s less -5; s less-equal 10; s more -5; s more-equal 10; s turned -5; more-equal"
	if got := said(t, file, map[string]abi.Value{"need": textValue("aadfegcf")}); got != want {
		t.Errorf("false on the right:\n got %s\nwant %s", got, want)
	}
}
