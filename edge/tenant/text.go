package tenant

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"maps"
	"slices"
)

// text reads a text in each of the tenant's languages:
//
//	title: {de: Auswertung, en: Analytics}
//
// A tenant with one language may write the text alone.
func (l *loader) text(v value) Text {
	if !v.present() {
		return nil
	}
	if len(l.languages.list) == 1 && !l.languages.open && kindOf(v.node) == "a text" {
		if s := v.text(maxText); s != "" {
			return Text{l.languages.list[0]: s}
		}
		return nil
	}
	t := Text{}
	for name, in := range l.byLanguage(v, "a text for each language, such as {de: Hallo, en: Hello}") {
		if s := in.text(maxText); s != "" {
			t[name] = s
		}
	}
	return t
}

// byLanguage reads a mapping that has each of the tenant's languages as a key, and nothing else.
func (l *loader) byLanguage(v value, want string) map[string]value {
	found := map[string]value{}
	members := v.members(want)
	for _, m := range members {
		if !l.languages.open && !l.languages.has(m.name) {
			m.problem(m.meant(m.name, l.languages.list), "%s is not a language of the tenant", quoted(m.name))
			continue
		}
		found[m.name] = m.value
	}
	if members != nil && !l.languages.open {
		for _, language := range l.languages.list {
			if !slices.ContainsFunc(members, func(m member) bool { return m.name == language }) {
				v.problem("add "+language+": ...", "the language %s is missing", language)
			}
		}
	}
	return found
}

// textVersion is the digest of what a visitor is shown of a purpose. A consent record keeps it, so that the words can be
// shown again years later (Article 7(1)); it changes with any of them, in any language.
func textVersion(texts ...Text) string {
	h := sha256.New()
	add := func(s string) {
		var length [8]byte
		binary.LittleEndian.PutUint64(length[:], uint64(len(s)))
		h.Write(length[:])
		h.Write([]byte(s))
	}
	for _, t := range texts {
		for _, language := range slices.Sorted(maps.Keys(t)) {
			add(language)
			add(t[language])
		}
		add("")
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}
