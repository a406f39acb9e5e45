package policies

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// Kind is what a difference between two policies means for the people whose data it is.
type Kind string

// The kinds, the gravest first.
const (
	KindWiden  Kind = "widens"  // something is permitted that was not
	KindMixed  Kind = "mixed"   // something more is permitted, and something less
	KindNarrow Kind = "narrows" // less is permitted
	KindCopy   Kind = "copy"    // the copy to take along holds something else
	KindWords  Kind = "words"   // only the reasons differ
)

var kindOrder = []Kind{KindWiden, KindMixed, KindNarrow, KindCopy, KindWords}

// Difference is how a policy answers where another answered differently.
type Difference struct {
	Situations int       // that are answered differently
	Groups     []Variant // by kind, and of each kind those with most situations first
	Ages       []AgeChange
	Reasons    []ReasonChange // whose words, article or link are other ones
}

// Same tells whether nothing differs.
func (d *Difference) Same() bool {
	return len(d.Groups) == 0 && len(d.Ages) == 0 && len(d.Reasons) == 0
}

// Widens tells whether anything is permitted that was not.
func (d *Difference) Widens() bool {
	return slices.ContainsFunc(d.Groups, func(v Variant) bool { return v.Kind == KindWiden || v.Kind == KindMixed }) ||
		slices.ContainsFunc(d.Ages, func(a AgeChange) bool { return a.Widens })
}

// A Variant is a set of situations whose answers change in the same way.
type Variant struct {
	Kind     Kind
	Changes  []Change // without those that follow from a permit given or taken
	Old, New *Row     // of the first situation
	Keys     []uint32 // rising
}

// AgeChange is a country in which other ages count.
type AgeChange struct {
	Country string `json:"country"` // "*": every other one
	Old     int    `json:"old"`     // from which a child agrees alone
	New     int    `json:"new"`
	Widens  bool   `json:"widens"`
}

// ReasonChange is a reason that is explained differently. A reason that only one policy has shows where it is given.
type ReasonChange struct{ Old, New Reason }

// Compare finds every situation that two tables answer differently. It takes a second.
func Compare(old, now *Table) (*Difference, error) {
	d := &Difference{Ages: compareAges(old.ages, now.ages)}
	type pair struct{ old, now *Row }
	groups := map[string]int{}
	of := map[pair]int{} // the group, -1 for the same answer
	for key := range uint32(SituationCount) {
		p := pair{old.row(key), now.row(key)}
		i, ok := of[p]
		if !ok {
			v, name, err := compareRows(p.old, p.now)
			if err != nil {
				return nil, err
			}
			if name == "" {
				i = -1
			} else if i, ok = groups[name]; !ok {
				i = len(d.Groups)
				groups[name] = i
				d.Groups = append(d.Groups, v)
			}
			of[p] = i
		}
		if i >= 0 {
			d.Groups[i].Keys = append(d.Groups[i].Keys, key)
			d.Situations++
		}
	}
	slices.SortStableFunc(d.Groups, func(a, b Variant) int {
		return cmp.Or(cmp.Compare(slices.Index(kindOrder, a.Kind), slices.Index(kindOrder, b.Kind)), cmp.Compare(len(b.Keys), len(a.Keys)))
	})
	for _, id := range slices.Sorted(maps.Keys(old.reasons)) {
		a, b := old.reasons[id], now.reasons[id]
		if b.ID != "" && (!maps.Equal(a.Title, b.Title) || a.Article != b.Article || a.Link != b.Link) {
			d.Reasons = append(d.Reasons, ReasonChange{a, b})
		}
	}
	return d, nil
}

// compareRows says how an answer changes, and gives the same name to the same change. Equal answers have no name. A purpose that was
// refused and is permitted is one change, whatever it then keeps; so is the reverse.
func compareRows(old, now *Row) (Variant, string, error) {
	if old == now {
		return Variant{}, "", nil
	}
	v := Variant{Old: old, New: now, Changes: old.Effects().Changes(now.Effects())}
	if len(v.Changes) > 0 && v.Changes[0].Subject == SubjectPermit {
		v.Changes = v.Changes[:1]
	}
	name := []any{v.Changes}
	switch wider, narrower := !now.Within(old), !old.Within(now); {
	case wider && narrower:
		v.Kind = KindMixed
	case wider:
		v.Kind = KindWiden
	case narrower:
		v.Kind = KindNarrow
	case len(v.Changes) > 0:
		v.Kind = KindCopy
	default:
		v.Kind = KindWords
		a, b := old.Document(), now.Document()
		for key, value := range a {
			if same, err := sameJSON(value, b[key]); err != nil {
				return v, "", err
			} else if same {
				delete(a, key)
				delete(b, key)
			}
		}
		if len(a) == 0 {
			return v, "", nil
		}
		name = []any{a, b}
	}
	text, err := json.Marshal(append(name, v.Kind))
	if err != nil {
		return v, "", fmt.Errorf("write a change: %w", err)
	}
	return v, string(text), nil
}

func sameJSON(a, b any) (bool, error) {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	if err := cmp.Or(errX, errY); err != nil {
		return false, fmt.Errorf("write a row: %w", err)
	}
	return string(x) == string(y), nil
}

// ReasonsChanged lists the ids of the rules that an answer gives and the other does not, both sorted.
func (v *Variant) ReasonsChanged() (gone, come []string) {
	old, now := v.Old.ids(), v.New.ids()
	only := func(list, other []string) (out []string) {
		for _, id := range list {
			if !slices.Contains(other, id) {
				out = append(out, id)
			}
		}
		slices.Sort(out)
		return slices.Compact(out)
	}
	return only(old, now), only(now, old)
}

func compareAges(old, now ageTable) []AgeChange {
	countries := map[string]bool{}
	for country := range old {
		countries[country] = true
	}
	for country := range now {
		countries[country] = true
	}
	var out []AgeChange
	for _, country := range slices.Sorted(maps.Keys(countries)) {
		c := AgeChange{Country: country, Old: old.alone(country), New: now.alone(country)}
		differs := false
		for years := range maxYears {
			for _, guardian := range []bool{false, true} {
				a, b := old.band(country, years, guardian), now.band(country, years, guardian)
				differs = differs || a != b
				c.Widens = c.Widens || ripeness[b] > ripeness[a]
			}
		}
		if differs {
			out = append(out, c)
		}
	}
	return out
}

const maxYears = 30 // more than any threshold of Article 8

// alone is the age from which a child agrees alone.
func (t ageTable) alone(country string) int {
	for years := range maxYears {
		if t.band(country, years, false) == AgeAdult {
			return years
		}
	}
	return maxYears
}

// ripeness orders age bands by what they permit.
var ripeness = [...]int{AgeMinor: 0, AgeMinorGuardian: 1, AgeAdult: 2, AgeUnknown: 2}
