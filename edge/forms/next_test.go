package forms_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lotse-edge/lotse/edge/forms"
	"github.com/lotse-edge/lotse/edge/tenant"
)

// form writes one: "a b c<a d<bc" has questions a, b, c after a, d after b and c.
func form(atOnce int, questions string) *tenant.Form {
	f := &tenant.Form{Name: "welcome", AtOnce: atOnce}
	for word := range strings.FieldsSeq(questions) {
		field, after, _ := strings.Cut(word, "<")
		q := tenant.Question{Field: field, Label: tenant.Text{"en": field + "?"}, Input: "text"}
		if after != "" {
			q.After = strings.Split(after, "")
		}
		f.Questions = append(f.Questions, q)
	}
	return f
}

func in(fields string) func(string) bool {
	return func(field string) bool { return strings.Contains(fields, field) }
}

var english = &tenant.Config{Languages: []string{"en"}}

func fieldsOf(questions []forms.Question) string {
	var b strings.Builder
	for _, q := range questions {
		b.WriteString(q.Field)
	}
	return b.String()
}

func ExampleNext() {
	cfg := &tenant.Config{Languages: []string{"de", "en"}}
	welcome := &tenant.Form{AtOnce: 2, Questions: []tenant.Question{
		{Field: "wine_style", Input: "select", Label: tenant.Text{"de": "Ihr Stil?", "en": "Your style?"}},
		{Field: "email", Input: "email", Label: tenant.Text{"de": "Ihre E-Mail?", "en": "Your e-mail?"}},
		{Field: "first_name", Input: "text", Label: tenant.Text{"de": "Ihr Vorname?", "en": "Your first name?"}, After: []string{"email"}},
	}}
	known := func(field string) bool { return field == "wine_style" || field == "email" }
	never := func(string) bool { return false }
	questions, remaining := forms.Next(cfg, welcome, known, never, "en")
	fmt.Println(questions[0].Label, remaining)
	// Output: Your first name? 0
}

func TestNext(t *testing.T) {
	f := func(atOnce int, questions, known, asked, want string, remaining int) {
		t.Helper()
		got, rest := forms.Next(english, form(atOnce, questions), in(known), in(asked), "en")
		if fieldsOf(got) != want || rest != remaining {
			t.Errorf("%d of %q, known %q, asked %q: %q and %d more, want %q and %d",
				atOnce, questions, known, asked, fieldsOf(got), rest, want, remaining)
		}
	}
	f(2, "", "", "", "", 0)
	f(2, "a b c d e", "", "", "ab", 3)
	f(2, "a b c d e", "b", "", "ac", 2)
	f(2, "a b c d e", "b", "a", "cd", 1)
	f(2, "a b c d e", "bd", "ac", "e", 0)
	f(2, "a b c d e", "abcde", "", "", 0)
	f(2, "a b c d e", "", "abcde", "", 0)
	f(0, "a b", "", "", "", 2)
	f(9, "a b", "", "", "ab", 0)

	// Conditions.
	f(2, "a b<a c", "", "", "ac", 1)
	f(2, "a b<a c", "a", "", "bc", 0)
	f(2, "b<a a c", "", "", "ac", 1)       // waits for a later question
	f(2, "a b<a c", "", "a", "c", 0)       // a was passed over: b never comes
	f(2, "a b<a c<b d", "", "a", "d", 0)   // nor does what waits for b
	f(2, "a b<a c<b d", "", "", "ad", 2)   // while a may still be answered, both may follow
	f(2, "a b<ax", "a", "", "", 0)         // x is not in the form
	f(2, "a b<ax", "ax", "", "b", 0)       // but may be known
	f(2, "a<b b<a c", "", "", "c", 0)      // a cycle
	f(2, "a b c<ab d<c", "ab", "", "c", 1) // all of After
}

func TestLanguages(t *testing.T) {
	cfg := &tenant.Config{Languages: []string{"de", "en"}}
	f := &tenant.Form{AtOnce: 1, Questions: []tenant.Question{{
		Field: "style", Input: "select", Required: true, Label: tenant.Text{"de": "Stil", "en": "Style"},
		Options: []tenant.Option{{Value: "dry", Label: tenant.Text{"de": "trocken", "en": "dry"}}, {Value: "x", Label: tenant.Text{"de": "nur deutsch"}}},
	}}}
	want := map[string]forms.Question{
		"en": {Field: "style", Label: "Style", Input: "select", Required: true, Options: []forms.Option{{"dry", "dry"}, {"x", "nur deutsch"}}},
		"fr": {Field: "style", Label: "Stil", Input: "select", Required: true, Options: []forms.Option{{"dry", "trocken"}, {"x", "nur deutsch"}}},
	}
	for language, q := range want {
		got, _ := forms.Next(cfg, f, in(""), in(""), language)
		if d := cmp.Diff([]forms.Question{q}, got); d != "" {
			t.Errorf("%s: %s", language, d)
		}
	}
}

// TestNothingIsAskedTwice walks random forms to their end: each round answers or passes over what is asked. No question
// comes twice or before its condition, no round is larger than agreed, and the number that remains comes true when
// everything is answered.
func TestNothingIsAskedTwice(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for range 5000 {
		f := &tenant.Form{AtOnce: 1 + r.IntN(3)}
		for i := range r.IntN(9) {
			q := tenant.Question{Field: string(rune('a' + i))}
			for range r.IntN(3) {
				q.After = append(q.After, string(rune('a'+r.IntN(10))))
			}
			f.Questions = append(f.Questions, q)
		}
		r.Shuffle(len(f.Questions), func(i, j int) { f.Questions[i], f.Questions[j] = f.Questions[j], f.Questions[i] })
		answersAll := r.IntN(2) == 0
		known, asked, count, promised := "", "", 0, -1
		for round := 0; ; round++ {
			next, remaining := forms.Next(english, f, in(known), in(asked), "en")
			if len(next) > f.AtOnce || round > 10 {
				t.Fatalf("round %d has %d questions", round, len(next))
			}
			if promised < 0 {
				promised = len(next) + remaining
			}
			if len(next) == 0 {
				if remaining != 0 || answersAll && count != promised {
					t.Fatalf("%d asked, %d promised, %d remain: %+v", count, promised, remaining, f.Questions)
				}
				break
			}
			count += len(next)
			for _, q := range next {
				if strings.Contains(asked+known, q.Field) {
					t.Fatalf("%s is asked twice", q.Field)
				}
				if answersAll || r.IntN(2) == 0 {
					known += q.Field
				} else {
					asked += q.Field
				}
			}
		}
	}
}
