package edge

import (
	"cmp"
	"maps"
	"slices"

	"github.com/lotse-edge/lotse/rules"
	"github.com/lotse-edge/lotse/sdk/abi"
)

// answered is what a module answered on: the features that it declared, as its purpose may see them.
type answered struct {
	manifest *abi.Manifest
	values   []abi.Value // in the order of the manifest's reads
}

// explainedScore is a score with all that led to it. The points of its reasons add up to its own.
type explainedScore struct {
	Title   string            `json:"title,omitempty"` // what people read in place of the name; as of a reason, where the rules say one
	Points  float64           `json:"points"`
	Band    string            `json:"band"`
	Reasons []explainedReason `json:"reasons,omitempty"`
	Reads   []featureAnswer   `json:"reads,omitempty"` // all that the module reads, where it does not say what each reason depends on
}

type explainedReason struct {
	Reason   string          `json:"reason"`
	Title    string          `json:"title,omitempty"`
	Points   float64         `json:"points"`
	Features []featureAnswer `json:"features,omitempty"` // what the points depend on
}

// explainedTrait is a trait's value, with the words of both.
type explainedTrait struct {
	Trait      string `json:"trait"`
	Title      string `json:"title,omitempty"`
	Value      string `json:"value"`
	ValueTitle string `json:"value_title,omitempty"`
}

// featureAnswer is a feature as the module saw it. No value: nothing is known, or may be seen for the module's purpose.
type featureAnswer struct {
	Feature string `json:"feature"`
	Text    string `json:"text"`            // what it is, in words
	Value   any    `json:"value,omitempty"` // a string, a float64 or a bool; a date as 2026-01-31
}

// explainScores gives every score of the outcome with its reasons and what they depend on (Article 15(1)(h)).
func (j *journey) explainScores() map[string]explainedScore {
	scores := make(map[string]explainedScore, len(j.outcome.Scores))
	for i := range j.outcome.Scores {
		s := &j.outcome.Scores[i]
		scores[s.Name] = j.explainScore(s)
	}
	return scores
}

func (j *journey) explainScore(s *rules.Score) explainedScore {
	a := explainedScore{Points: s.Points, Band: s.Band}
	var from *answered
	var declared *abi.Score
	index := 0
	for i := range j.seen { // one module gives a score
		emits := j.seen[i].manifest.Emits.Scores
		if at := slices.IndexFunc(emits, func(o abi.Score) bool { return o.Name == s.Name }); at >= 0 {
			from, declared, index = &j.seen[i], &emits[at], at
		}
	}
	a.Title = j.title(declared.Title)
	for _, r := range s.Reasons {
		reason := explainedReason{Reason: r.ID, Title: j.title(declared.Titles[r.ID]), Points: r.Points}
		if list, said := from.manifest.FeaturesOf(index, slices.Index(declared.Reasons, r.ID)); said {
			for _, n := range list {
				reason.Features = append(reason.Features, j.explainFeature(from, n))
			}
		}
		a.Reasons = append(a.Reasons, reason)
	}
	if len(declared.Features) == 0 {
		for n := range from.values {
			a.Reads = append(a.Reads, j.explainFeature(from, n))
		}
	}
	return a
}

// title gives what a rule calls something, in the language of the answer.
func (j *journey) title(t abi.Title) string { return t.In(j.language, j.site.config.Languages[0]) }

// segmentTitles gives the words for the segments of the outcome, as far as the rules have any.
func (j *journey) segmentTitles() map[string]string {
	titles := map[string]string{}
	for i := range j.seen {
		emits := &j.seen[i].manifest.Emits
		for _, s := range j.outcome.Segments {
			if title := j.title(emits.Titles[s]); title != "" {
				titles[s] = title
			}
		}
	}
	return titles
}

// explainTraits gives every trait of the outcome, by name.
func (j *journey) explainTraits() (list []explainedTrait) {
	for _, name := range slices.Sorted(maps.Keys(j.outcome.Traits)) {
		a := explainedTrait{Trait: name, Value: j.outcome.Traits[name]}
		for i := range j.seen {
			for _, t := range j.seen[i].manifest.Emits.Traits {
				if t.Name == name {
					a.Title, a.ValueTitle = j.title(t.Title), j.title(t.Titles[a.Value])
				}
			}
		}
		list = append(list, a)
	}
	return list
}

func (j *journey) explainFeature(from *answered, n int) featureAnswer {
	f, v := &from.manifest.Reads[n], from.values[n]
	a := featureAnswer{Feature: f.Name, Text: rules.Words(f, j.site.config.Labels(j.language), j.language)}
	switch field, ok := j.site.config.FieldByName(cmp.Or(f.Field, f.Name)); {
	case !v.Present:
	case f.Aggregate == abi.FieldValue && ok:
		a.Value = field.Show(v)
	default:
		a.Value = v.Number
	}
	return a
}
