package policies

import "reflect"

// Widening counts how one table differs from another: the situations that are answered differently, those in which more is
// permitted, and those in which less is. A situation may be both of the latter. An age that a country's visitors are placed at
// otherwise counts as one situation, because a lower age of consent permits more though every row stays. Words and reasons alone are
// a change of neither kind.
func Widening(before, after *Table) (changed, widened, narrowed int64) {
	type pair struct{ before, after *Row }
	type verdict struct{ changed, widened, narrowed int64 }
	known := map[pair]verdict{}
	for key := range uint32(SituationCount) {
		p := pair{before.row(key), after.row(key)}
		v, ok := known[p]
		if !ok {
			if !reflect.DeepEqual(p.before, p.after) {
				v.changed = 1
			}
			if !p.after.Within(p.before) {
				v.widened = 1
			}
			if !p.before.Within(p.after) {
				v.narrowed = 1
			}
			known[p] = v
		}
		changed += v.changed
		widened += v.widened
		narrowed += v.narrowed
	}
	more, less := before.ages.shifts(after.ages)
	return changed + more + less, widened + more, narrowed + less
}

// shifts counts the ages, with and without a guardian, at which somebody of a country may agree to more under the other table, and
// to less.
func (t ageTable) shifts(other ageTable) (more, less int64) {
	countries := map[string]bool{}
	years := 0
	for _, table := range []ageTable{t, other} {
		for country, entry := range table {
			countries[country] = true
			years = max(years, len(entry.alone), len(entry.guardian))
		}
	}
	for country := range countries {
		for age := range years {
			for _, guardian := range []bool{false, true} {
				switch a, b := mature[t.band(country, age, guardian)], mature[other.band(country, age, guardian)]; {
				case b > a:
					more++
				case b < a:
					less++
				}
			}
		}
	}
	return more, less
}

// mature orders the bands of age by what they permit.
var mature = [...]int{AgeMinor: 0, AgeMinorGuardian: 1, AgeAdult: 2, AgeUnknown: 2}
