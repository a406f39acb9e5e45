package edge

import (
	"bytes"
	"slices"
	"strings"

	"github.com/lotse-edge/lotse/edge/tenant"
	"github.com/lotse-edge/lotse/policies"
)

// languageOf picks one of the tenant's languages: the one that is asked for, the first of Accept-Language that the tenant
// has, or the tenant's first. Weights are not read: browsers list languages by preference.
func languageOf(config *tenant.Config, asked string, accept []byte) string {
	if l, ok := offered(config, asked); ok {
		return l
	}
	for len(accept) > 0 {
		var one []byte
		one, accept, _ = bytes.Cut(accept, []byte(","))
		one, _, _ = bytes.Cut(one, []byte(";"))
		if l, ok := offered(config, string(bytes.TrimSpace(one))); ok {
			return l
		}
	}
	return config.Languages[0]
}

func offered(config *tenant.Config, language string) (string, bool) {
	primary, _, _ := strings.Cut(strings.ToLower(language), "-")
	return primary, slices.Contains(config.Languages, primary)
}

// reasonTexts gives the plain words for the ids of reasons.
func reasonTexts(policy *policies.Table, ids []string, language string) map[string]string {
	texts := make(map[string]string, len(ids))
	for _, id := range ids {
		reason, ok := policy.Reason(id)
		if !ok {
			panic("BUG: a reason without words: " + id)
		}
		text, ok := reason.Title[language]
		if !ok {
			text = reason.Title["en"]
		}
		texts[id] = text
	}
	return texts
}
