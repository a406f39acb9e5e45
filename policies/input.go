package policies

import (
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// inputDomain is the closed world of the input document: each key with its values. A nil list is a boolean.
var inputDomain = func() map[string][]string {
	domain := map[string][]string{}
	for i := range parts {
		domain[parts[i].key] = parts[i].names
		if parts[i].boolean() {
			domain[parts[i].key] = nil
		}
	}
	return domain
}()

// term makes a term for a policy to read; the interned ones cost nothing.
func term(s string) *ast.Term { return ast.InternedTerm(s) }

// input is the part of the situation that a question asks about, as a policy sees it: what the mask of parts names.
func (s Situation) input(mask partMask) ast.Value {
	items := make([][2]*ast.Term, 0, partCount)
	for i := range parts {
		if !mask.has(i) {
			continue
		}
		p, v := &parts[i], parts[i].get(&s)
		value := ast.InternedTerm(v == 1)
		if !p.boolean() {
			value = term(p.names[v])
		}
		items = append(items, ast.Item(term(p.key), value))
	}
	return ast.NewObject(items...)
}

// appendInput is input as JSON.
func (s Situation) appendInput(dst []byte, mask partMask) []byte {
	dst = append(dst, '{')
	for i := range parts {
		if !mask.has(i) {
			continue
		}
		if dst[len(dst)-1] != '{' {
			dst = append(dst, ',')
		}
		p, name := &parts[i], parts[i].names[parts[i].get(&s)]
		dst = append(append(append(dst, '"'), p.key...), '"', ':')
		if p.boolean() {
			dst = append(dst, name...)
		} else {
			dst = append(append(append(dst, '"'), name...), '"')
		}
	}
	return append(dst, '}')
}

// Document is the situation as the input document of a policy: what an officer sees and may paste into any Rego tool.
func (s Situation) Document() map[string]any {
	out := map[string]any{}
	for i := range parts {
		out[parts[i].key] = parts[i].value(parts[i].get(&s))
	}
	return out
}

// describe says what the parts of a mask are, in words.
func (s Situation) describe(mask partMask, language string) string {
	var lines []string
	for i := range parts {
		if mask.has(i) {
			p := &parts[i]
			lines = append(lines, p.title[language]+": "+p.words[p.get(&s)][language])
		}
	}
	if len(lines) == 0 {
		return map[string]string{"en": "any situation", "de": "jede Lage"}[language]
	}
	return strings.Join(lines, "; ")
}

// Describe says in words what the situation is.
func (s Situation) Describe(language string) string { return s.describe(allParts, language) }

// Schema is the JSON schema of the input document (draft 2020-12).
func Schema() map[string]any {
	properties := map[string]any{}
	var required []string
	for i := range parts {
		p := &parts[i]
		property := map[string]any{"title": p.title["en"], "enum": p.names}
		if p.boolean() {
			property = map[string]any{"title": p.title["en"], "type": "boolean"}
		}
		properties[p.key] = property
		required = append(required, p.key)
	}
	return map[string]any{
		"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Situation", "type": "object",
		"properties": properties, "required": required, "additionalProperties": false, "allOf": together(),
	}
}

// together is what the schema says of parts that are not free of each other: the combinations that can be.
func together() []any {
	var all []any
	for i := range digits {
		if len(digits[i].parts) == 1 {
			continue
		}
		var combinations []any
		for _, values := range digits[i].values {
			properties := map[string]any{}
			for j, p := range digits[i].parts {
				properties[parts[p].key] = map[string]any{"const": parts[p].value(values[j])}
			}
			combinations = append(combinations, map[string]any{"properties": properties})
		}
		all = append(all, map[string]any{"anyOf": combinations})
	}
	return all
}

// value is a part's value as the input document has it.
func (p *part) value(v uint8) any {
	if p.boolean() {
		return v == 1
	}
	return p.names[v]
}
