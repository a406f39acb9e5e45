package policies

// Extent counts the situations of a difference: those that are answered differently, those in which more is permitted, and those in
// which less is. A situation may be both of the latter. A country whose children agree alone at a younger age widens every situation
// that asks for an age; it counts as one, so that it is never nothing.
func (d *Difference) Extent() (changed, widened, narrowed int64) {
	changed = int64(d.Situations)
	for i := range d.Groups {
		n := int64(len(d.Groups[i].Keys))
		switch d.Groups[i].Kind {
		case KindWiden:
			widened += n
		case KindNarrow:
			narrowed += n
		case KindMixed:
			widened += n
			narrowed += n
		}
	}
	for _, a := range d.Ages {
		changed++
		if a.Widens {
			widened++
		} else {
			narrowed++
		}
	}
	return changed, widened, narrowed
}
