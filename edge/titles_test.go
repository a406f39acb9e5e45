package edge_test

import (
	"regexp"
	"strings"
	"testing"
)

// titledFile is a rule file for the small tenant that calls its score and its reason something.
func titledFile(version, score, reason string) []byte {
	return []byte(`version: ` + version + `
purpose: profiling
models:
  - score: points
    title: ` + score + `
    reasons:
      - reason: view
        title: ` + reason + `
        points: 1 * count("view")
`)
}

// bilingual makes the texts of a tenant that speaks English those of one that speaks German, too.
func bilingual(files map[string][]byte) map[string][]byte {
	english := regexp.MustCompile(`\{en: ([^{}]+|\{[^{}]*\})\}`)
	for _, name := range []string{"catalogue.yaml", "content.yaml", "forms.yaml"} {
		files[name] = english.ReplaceAll(files[name], []byte(`{de: $1, en: $1}`))
	}
	files["tenant.yaml"] = []byte(strings.Replace(string(files["tenant.yaml"]), "languages: [en]", "languages: [de, en]", 1))
	return files
}

// A title is a word for what a rule says already: no officer has to approve it, and its digest is another all the same.
func TestATitleIsNothingNew(t *testing.T) {
	g := newGoverned(t)
	b := startVersions(t, g.config)
	b.apply("v", small("v"))
	g.officer("anna")
	before := b.push(pointsFile("2.0.0", 1, ""))
	for _, words := range []string{"Points", "Interest in us"} {
		v := b.push(titledFile("2.0.0", words, "Pages viewed"))
		if v.Waits || len(v.New) > 0 || v.Digest == before.Digest {
			t.Errorf("%s: waits %v, new %q, digest %s", words, v.Waits, v.New, v.Digest)
		}
		b.ask("POST", modulesOf+"/versions/"+v.Digest+"/activate", nil, 200, nil)
		before = v
	}
}

// Languages come and go: a version that lacks one is warned of, and may be gone back to.
func TestRollBackToOtherLanguages(t *testing.T) {
	b := startVersions(t, nil)
	files := small("v")
	delete(files, "rules/points.wasm")
	files["rules/points.yaml"] = titledFile("1.0.0", "Points", "Pages")
	b.apply("v", files)
	files = bilingual(files)
	var applied struct {
		Warnings []struct{ File, Detail string }
	}
	b.ask("PUT", "/admin/v1/tenants/v?dry_run=1", tarOf(t, files), 200, &applied)
	if len(applied.Warnings) != 3 || applied.Warnings[1].File != "rules/points.yaml" || applied.Warnings[1].Detail != "the title is the same in all languages of the tenant" {
		t.Errorf("%+v", applied)
	}
	files["rules/points.yaml"] = titledFile("1.1.0", "{de: Punkte, en: Points}", "{de: Seiten, en: Pages}")
	b.apply("v", files)
	b.ask("POST", modulesOf+"/rollback", nil, 200, nil)
	b.wantStates("1.1.0 rules retired", "1.0.0 rules active")
}
