package policies

import (
	"fmt"

	"github.com/open-policy-agent/opa/v1/ast"
)

// ages is what age.rego says of a country: the band of each age in years. The last entry holds for all above.
type ages struct{ alone, guardian []AgeBand }

// ageTable is the policy's answer for every country; "*" stands for the countries that it does not name.
type ageTable map[string]ages

// readAges reads the policy's one answer for all countries and ages.
func readAges(v ast.Value) (ageTable, error) {
	object, ok := v.(ast.Object)
	if !ok {
		return nil, fmt.Errorf("the table of ages is no object")
	}
	table := ageTable{}
	err := object.Iter(func(k, v *ast.Term) error {
		country, ok := k.Value.(ast.String)
		entry, ok2 := v.Value.(ast.Object)
		if !ok || !ok2 {
			return fmt.Errorf("the table of ages has an entry of another form")
		}
		alone, err := readBands(entry, "alone")
		if err != nil {
			return fmt.Errorf("the ages of %s: %w", country, err)
		}
		guardian, err := readBands(entry, "guardian")
		if err != nil {
			return fmt.Errorf("the ages of %s: %w", country, err)
		}
		table[string(country)] = ages{alone: alone, guardian: guardian}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if _, ok := table["*"]; !ok {
		return nil, fmt.Errorf("the table of ages has no entry for other countries")
	}
	return table, nil
}

func readBands(entry ast.Object, key string) ([]AgeBand, error) {
	t := entry.Get(term(key))
	if t == nil {
		return nil, fmt.Errorf("there is no list %q", key)
	}
	list, ok := t.Value.(*ast.Array)
	if !ok || list.Len() == 0 {
		return nil, fmt.Errorf("the list %q is empty", key)
	}
	var out []AgeBand
	err := list.Iter(func(t *ast.Term) error {
		s, _ := t.Value.(ast.String)
		band, err := ParseAgeBand(string(s))
		out = append(out, band)
		return err
	})
	return out, err
}

// band places an age; see Table.Age.
func (t ageTable) band(country string, years int, guardian bool) AgeBand {
	if years < 0 {
		return AgeUnknown
	}
	entry, ok := t[country]
	if !ok {
		entry = t["*"]
	}
	bands := entry.alone
	if guardian {
		bands = entry.guardian
	}
	return bands[min(years, len(bands)-1)]
}
