package policies

import "reflect"

// Widening counts how one table differs from another: the situations that are answered differently, those in which more is
// permitted, and those in which less is. A situation may be both of the latter. Words and reasons alone are a change of neither kind.
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
	return changed, widened, narrowed
}
