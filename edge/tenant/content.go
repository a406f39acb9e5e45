package tenant

import (
	"maps"
	"net/url"
	"slices"
	"strings"
)

// maxControl is the greatest share of visitors in a control group, in per cent.
const maxControl = 50

// conditions are the keys of a variant that say whom it fits.
var conditions = []string{"stages", "segments", "quadrants", "personas"}

// content reads content.yaml: what a website shows to whom.
//
//	slots:
//	  hero:                         a place on the website
//	    control: 10                 per cent of visitors that always get the fallback, 0 to 50; without it, 0
//	    fallback: welcome           the variant for those whom no other fits, or who may not be profiled
//	    variants: [...]             by falling priority: the first that fits is shown; see the function variant
func (l *loader) content() {
	root, ok := l.document(fileContent)
	o := root.object("slots")
	if !ok || o.keys == nil {
		return
	}
	slots := o.need("slots", "add the places of your website; slots: {} for none").members("a mapping from the name of each slot to its content")
	if len(slots) > 64 {
		o.get("slots").problem("merge some", "there are %d slots, at most 64 are allowed", len(slots))
		return
	}
	for _, m := range slots {
		m.named(m.name)
		l.config.Slots = append(l.config.Slots, l.slot(m))
	}
}

func (l *loader) slot(m member) Slot {
	s := Slot{Name: m.name}
	o := m.object("control", "fallback", "variants")
	s.Control = o.get("control").integer(0, maxControl)
	variants := o.need("variants", "add at least one")
	names := known{what: "variant", where: "this slot"}
	list := variants.list(128, "variants")
	for i, e := range list {
		v := l.variant(e)
		if v.Name != "" && names.has(v.Name) {
			e.problem("choose another name", "another variant of this slot has the name %s", quoted(v.Name))
		}
		names.add(v.Name)
		s.Variants = append(s.Variants, v)
		if i < len(list)-1 && e.isMapping() && !slices.ContainsFunc(conditions, e.hasKey) {
			e.warning("move it to the end", "the variant fits everyone, so those after it are never shown")
		}
	}
	if variants.isEmpty() {
		variants.problem("add at least one", "the slot has no variant")
	}
	names.open = len(list) == 0
	s.Fallback, _ = names.refer(o.need("fallback", "name the variant for those whom no other fits"))
	return s
}

// variant reads one content of a slot. It fits when each of its lists names what the visitor is; a list that is left out
// does not matter:
//
//	variants:
//	  - name: gastronomy-offer
//	    stages: [mql, sal]          of stages.yaml
//	    segments: [gastronomy-de]   of the modules; one of them is enough
//	    quadrants: [prime]          of stages.yaml
//	    personas: [professional]    of the modules' trait persona
//	    body:                       by language, the same parts in each
//	      de: {title: ..., text: ..., cta: ..., link: /gastronomie}
//	      en: {title: ..., text: ..., cta: ..., link: /en/trade}
func (l *loader) variant(v value) Variant {
	o := v.object("name", "stages", "segments", "quadrants", "personas", "body")
	variant := Variant{
		Name:      o.need("name", "add a name, such as name: welcome").name(),
		Stages:    l.stageNames.referAll(o.get("stages"), 32),
		Segments:  l.segments.referAll(o.get("segments"), 64),
		Quadrants: l.quadrants.referAll(o.get("quadrants"), 4),
		Personas:  l.personas.referAll(o.get("personas"), 64),
		Body:      map[string]map[string]string{},
	}
	for _, key := range conditions {
		if list := o.get(key); list.isEmpty() {
			list.problem("name at least one, or remove the key", "the list is empty")
		}
	}
	body := o.need("body", "add what is shown, by language")
	languages := l.byLanguage(body, "the parts for each language, such as {de: {title: Hallo}, en: {title: Hello}}")
	if len(languages) == 0 {
		return variant
	}
	var parts []string // of the language that has most
	for _, language := range slices.Sorted(maps.Keys(languages)) {
		in := languages[language]
		variant.Body[language] = map[string]string{}
		for _, part := range in.members("the parts, such as {title: Hello, link: /wines}") {
			part.named(part.name)
			if text := part.text(maxText); text != "" {
				if part.name == "link" || part.name == "image" || strings.HasSuffix(part.name, "_link") || strings.HasSuffix(part.name, "_image") {
					part.link(text)
				}
				variant.Body[language][part.name] = text
			}
			if !slices.Contains(parts, part.name) {
				parts = append(parts, part.name)
			}
		}
		if in.isMapping() && len(in.node.Content) == 0 {
			in.problem("add at least a title", "nothing is shown")
		}
	}
	for _, language := range slices.Sorted(maps.Keys(languages)) {
		in := languages[language]
		for _, part := range parts {
			if in.isMapping() && len(in.node.Content) > 0 && !in.hasKey(part) {
				in.problem("add it, or remove it from the other languages", "the part %s is missing in this language", quoted(part))
			}
		}
	}
	return variant
}

// link refuses what a page must not follow, such as javascript: and data:.
func (v value) link(s string) {
	u, err := url.Parse(s)
	switch {
	case err != nil, strings.ContainsAny(s, " \t\n\\"):
	case u.Scheme == "" && u.Host == "" && strings.HasPrefix(s, "/"):
		return
	case (u.Scheme == "https" || u.Scheme == "http" && local(u.Hostname())) && u.Host != "":
		return
	}
	v.problem("write a path, such as /wines, or an address with https://", "%s", "this is not a link that a page may follow")
}
