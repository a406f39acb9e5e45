package tenant

import (
	"slices"

	"github.com/lotse-edge/lotse/policies"
)

// A contract carries what a visitor asked for, and nothing before that (Article 6(1)(b) GDPR): the catalogue says which
// events ask.

// opens reads the purposes that an event asks for. They rest on a contract, and the event is bound to them; bound is false
// when that cannot be said.
func (l *loader) opens(v value, e *EventType, bound bool) PurposeSet {
	if v.isEmpty() {
		v.problem("name the purpose, or remove the key", "the event asks for nothing")
	}
	var set PurposeSet
	for _, element := range v.list(MaxPurposes, "purposes") {
		name, ok := l.purposes.refer(element)
		if !ok {
			continue
		}
		i := l.purposes.at[name]
		p := &l.config.Purposes[i]
		switch {
		case set.Has(uint8(i)):
			element.problem("remove it here", "the purpose %s stands in the list twice", name)
		case !l.based.Has(uint8(i)): // reported there
		case p.Basis != policies.BasisContract:
			element.problem("remove it here", "%s rests on %s: only a contract is asked for", name, bases[p.Basis])
		case bound && !e.Purposes.Has(uint8(i)):
			element.problem("add it to the purposes of the event", "the event asks for %s but is not bound to it", name)
		}
		set |= 1 << i
	}
	return set
}

// unopened warns of a contract that no event asks for.
func (l *loader) unopened(purposes []member) {
	if l.events.open || l.report.has(fileCatalogue) {
		return
	}
	for i := range l.config.Purposes {
		asks := func(e EventType) bool { return e.Opens.Has(uint8(i)) }
		if p := &l.config.Purposes[i]; p.Basis == policies.BasisContract && !slices.ContainsFunc(l.config.Events, asks) {
			purposes[i].warning("write opens: ["+p.Name+"] at the event by which a visitor asks for it, such as an order",
				"the purpose rests on a contract, and no event opens it: only a server key can then use it")
		}
	}
}
