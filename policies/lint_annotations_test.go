package policies

import (
	"strings"
	"testing"
)

func TestNotPlain(t *testing.T) {
	f := func(title, want string) {
		t.Helper()
		if got := notPlain(title); (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("%q: %q, not %q", title, got, want)
		}
	}
	f("You said no", "")
	f("Über Kinder entscheidet keine Maschine", "")
	f("Restricted data is stored and not used: no profile", "")
	f("If input.age is minor", "not in plain words")
	f("The minor_guardian agreed to it", "not in plain words")
	f("No consent", "too short")
	f("you said no", "small letter")
	f("You said no.", "full stop")
	f("You said "+strings.Repeat("no, ", 50)+"no", "longer than 160")
}

func TestArticleForm(t *testing.T) {
	for _, article := range []string{"7(3)", "6(1)(a)", "21(2-3)", "18", "44", "recital 38", "ePrivacy 5(3)", "TDDDG 25(2)", "22(2)(c)"} {
		if !articleForm.MatchString(article) {
			t.Errorf("%s is refused", article)
		}
	}
	for _, article := range []string{"", "Art. 7", "7 (3)", "7(3", "7(3)(ab)", "0", "100", "GDPR 7", "6(1)(a) ", "recital", "7(3);8"} {
		if articleForm.MatchString(article) {
			t.Errorf("%q is taken", article)
		}
	}
}
