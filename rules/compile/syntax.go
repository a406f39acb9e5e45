package compile

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// This file says an error of CEL's parser as whoever writes rules would: what is usually meant at that place, and not which
// tokens a grammar expects.

// wordOperators are words of other languages and what stands for them in an expression.
var wordOperators = map[string]string{
	"and": "&&", "or": "||", "not": "!(...), such as '!(profile.country in [\"DE\"])'", "is": "==", "equals": "==",
	"und": "&&", "oder": "||", "nicht": "!(...), such as '!(profile.country in [\"DE\"])'",
}

// curlyQuotes are the quotes that word processors write.
const curlyQuotes = "„“”‟‚‘’‛«»‹›"

var (
	unrecognised = regexp.MustCompile(`^token recognition error at: '((?s).*)'$`)
	offending    = regexp.MustCompile(`^(?:mismatched|extraneous) input '(.*)' expecting (.*)$`)
	noViable     = regexp.MustCompile(`^no viable alternative at input '((?s).*)'$`)
	missing      = regexp.MustCompile(`^missing '(.)' at `)
)

// syntaxWords says an error of the parser at a character of the expression.
func (s *source) syntaxWords(at int, cel string) (message, suggestion string) {
	if m := unrecognised.FindStringSubmatch(cel); m != nil {
		return s.unrecognised(at, m[1])
	}
	if m := missing.FindStringSubmatch(cel); m != nil {
		return "a bracket is not closed", "add " + m[1]
	}
	m := offending.FindStringSubmatch(cel)
	if m == nil {
		if noViable.MatchString(cel) {
			return "the expression cannot be read from here on", "look at what stands just before this place"
		}
		return "the expression cannot be read: " + cel, ""
	}
	switch token := m[1]; {
	case token == "<EOF>" && strings.HasPrefix(m[2], "{']'"):
		return "a list is not closed", "add ]"
	case token == "<EOF>":
		return "the expression ends where something is still to come", "write what is missing, or take the last operator away"
	case strings.Contains("m h d w", token) && at > 0 && unicode.IsDigit(s.runes[at-1]):
		return "a length of time is a text", `write it in quotes, such as "90d"`
	case token == "," && s.betweenDigits(at):
		return "a number is written with a point, not with a comma", "write " + s.pointed(at)
	default:
		if strings.EqualFold(s.word(at-2), "not") {
			return "not is no word of an expression", "write !, such as !profile.newsletter"
		}
		if operator := wordOperators[strings.ToLower(token)]; operator != "" {
			return shown(token) + " is no word of an expression", "write " + operator
		}
		return shown(token) + " cannot stand here", "an operator such as && or == may be missing before it"
	}
}

// unrecognised explains characters of which nothing in CEL begins.
func (s *source) unrecognised(at int, text string) (message, suggestion string) {
	first, _ := utf8.DecodeRuneInString(text)
	switch {
	case strings.ContainsRune(curlyQuotes, first):
		return string(first) + " is no quote of an expression", `write texts in straight quotes, such as "DE"`
	case strings.HasPrefix(text, "=>"), strings.HasPrefix(text, "=<"):
		return text[:2] + " compares nothing", "write " + text[1:2] + "="
	case strings.HasPrefix(text, "="):
		return "= alone compares nothing", "write == to compare"
	case strings.HasPrefix(text, "&"), strings.HasPrefix(text, "|"):
		return text[:1] + " alone joins nothing", "write " + strings.Repeat(text[:1], 2)
	case first == '"' || first == '\'':
		return "a text is not closed", "add " + string(first) + " where it ends"
	case unicode.IsLetter(first):
		return "the name " + shown(s.word(at)) + " has a letter that no name has", "write it with a-z, A-Z, 0-9 and _, as the catalogue does"
	default:
		return shown(strings.TrimSpace(text)) + " is no part of an expression", "take it away"
	}
}

// betweenDigits tells whether a character stands as the comma of 2,5 does.
func (s *source) betweenDigits(at int) bool {
	return at > 0 && at+1 < len(s.runes) && unicode.IsDigit(s.runes[at-1]) && unicode.IsDigit(s.runes[at+1])
}

// pointed is the number around a comma, with a point in its place.
func (s *source) pointed(at int) string {
	from, to := at, at+1
	for from > 0 && unicode.IsDigit(s.runes[from-1]) {
		from--
	}
	for to < len(s.runes) && unicode.IsDigit(s.runes[to]) {
		to++
	}
	return string(s.runes[from:at]) + "." + string(s.runes[at+1:to])
}

// word is the run of letters, digits and _ around a character.
func (s *source) word(at int) string {
	part := func(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }
	at = max(0, min(at, len(s.runes)))
	from, to := at, at
	for from > 0 && part(s.runes[from-1]) {
		from--
	}
	for to < len(s.runes) && part(s.runes[to]) {
		to++
	}
	return string(s.runes[from:to])
}
