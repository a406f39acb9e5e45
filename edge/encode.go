package edge

import (
	"encoding/json"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/valyala/fasthttp"
)

// This file writes the answer of POST /v1/decide by appending: it is the one on the hot path. The names of the members are
// those that the tags in answer.go say: a test compares the two.

// writeAnswer is writeJSON for an answer.
func writeAnswer(ctx *fasthttp.RequestCtx, a *answer) error {
	dst := ctx.Response.SwapBody(nil)[:0]
	dst, err := appendAnswer(dst, a)
	ctx.Response.SwapBody(append(dst, '\n'))
	setJSON(ctx)
	return err
}

func appendAnswer(dst []byte, a *answer) ([]byte, error) {
	dst = append(dst, '{')
	dst = appendOptional(dst, "visitor", a.Visitor)
	dst = append(appendName(dst, "verdicts"), '[')
	for i := range a.Verdicts {
		dst = appendVerdict(appendComma(dst), &a.Verdicts[i])
	}
	dst = append(dst, ']')
	if len(a.Slots) > 0 {
		dst = appendSlots(appendName(dst, "slots"), a.Slots)
	}
	if a.Form != nil {
		form, err := json.Marshal(a.Form)
		if err != nil {
			return dst, err
		}
		dst = append(appendName(dst, "form"), form...)
	}
	if len(a.Scores) > 0 {
		dst = appendScores(appendName(dst, "scores"), a.Scores)
	}
	if a.Segments != nil {
		dst = appendTexts(appendName(dst, "segments"), *a.Segments)
	}
	dst = appendOptional(dst, "stage", a.Stage)
	dst = appendOptional(dst, "quadrant", a.Quadrant)
	dst = appendOptional(dst, "persona", a.Persona)
	if len(a.Faults) > 0 {
		dst = append(appendName(dst, "faults"), '[')
		for _, f := range a.Faults {
			dst = append(appendComma(dst), '{')
			dst = appendText(appendName(dst, "module"), f.Module)
			dst = append(appendText(appendName(dst, "detail"), f.Detail), '}')
		}
		dst = append(dst, ']')
	}
	if len(a.Reasons) > 0 {
		dst = appendMap(appendName(dst, "reasons"), a.Reasons)
	}
	return append(appendText(appendName(dst, "policy"), a.Policy), '}'), nil
}

func appendVerdict(dst []byte, v *verdict) []byte {
	dst = append(dst, '{')
	dst = appendOptional(dst, "event", v.Event)
	dst = appendOptional(dst, "part", v.Part)
	dst = appendOptional(dst, "purpose", v.Purpose)
	dst = appendText(appendName(dst, "verdict"), v.Verdict)
	if len(v.Reasons) > 0 {
		dst = appendTexts(appendName(dst, "reasons"), v.Reasons)
	}
	if len(v.Fields) > 0 {
		dst = append(appendName(dst, "fields"), '[')
		for i := range v.Fields {
			f := &v.Fields[i]
			dst = append(appendComma(dst), '{')
			dst = appendText(appendName(dst, "field"), f.Field)
			dst = appendText(appendName(dst, "verdict"), f.Verdict)
			dst = append(appendTexts(appendName(dst, "reasons"), f.Reasons), '}')
		}
		dst = append(dst, ']')
	}
	return append(dst, '}')
}

func appendSlots(dst []byte, slots map[string]slotAnswer) []byte {
	var room [8]string
	dst = append(dst, '{')
	for _, name := range sorted(room[:0], slots) {
		s := slots[name]
		dst = append(appendName(dst, name), '{')
		dst = appendText(appendName(dst, "variant"), s.Variant)
		dst = strconv.AppendBool(appendName(dst, "control"), s.Control)
		if len(s.Content) > 0 {
			dst = appendMap(appendName(dst, "content"), s.Content)
		}
		dst = append(dst, '}')
	}
	return append(dst, '}')
}

func appendScores(dst []byte, scores map[string]scoreAnswer) []byte {
	var room [8]string
	dst = append(dst, '{')
	for _, name := range sorted(room[:0], scores) {
		s := scores[name]
		dst = append(appendName(dst, name), '{')
		dst = appendNumber(appendName(dst, "points"), s.Points)
		dst = appendText(appendName(dst, "band"), s.Band)
		if len(s.Reasons) > 0 {
			dst = append(appendName(dst, "reasons"), '[')
			for _, r := range s.Reasons {
				dst = append(appendComma(dst), '{')
				dst = appendText(appendName(dst, "reason"), r.Reason)
				dst = append(appendNumber(appendName(dst, "points"), r.Points), '}')
			}
			dst = append(dst, ']')
		}
		dst = append(dst, '}')
	}
	return append(dst, '}')
}

func appendMap(dst []byte, m map[string]string) []byte {
	var room [16]string
	dst = append(dst, '{')
	for _, name := range sorted(room[:0], m) {
		dst = appendText(appendName(dst, name), m[name])
	}
	return append(dst, '}')
}

// sorted appends a map's keys, in their order.
func sorted[V any](names []string, m map[string]V) []string {
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func appendTexts(dst []byte, list []string) []byte {
	dst = append(dst, '[')
	for _, s := range list {
		dst = appendText(appendComma(dst), s)
	}
	return append(dst, ']')
}

func appendOptional(dst []byte, name, s string) []byte {
	if s == "" {
		return dst
	}
	return appendText(appendName(dst, name), s)
}

func appendName(dst []byte, name string) []byte {
	return append(appendText(appendComma(dst), name), ':')
}

// appendComma ends the member or element before, if there is one.
func appendComma(dst []byte) []byte {
	if last := dst[len(dst)-1]; last == '{' || last == '[' {
		return dst
	}
	return append(dst, ',')
}

// appendText writes a string. Texts are valid UTF-8: the reader and the tenant's documents take no others.
func appendText(dst []byte, s string) []byte {
	dst, _ = jsontext.AppendQuote(dst, s)
	return dst
}

// appendNumber writes a finite number as encoding/json does.
func appendNumber(dst []byte, n float64) []byte {
	text, err := json.Marshal(n)
	if err != nil {
		panic("BUG: points that are not a finite number")
	}
	return append(dst, text...)
}
