package main

import "github.com/lotse-edge/lotse/policies"

// visitorMoment is something that a visitor does or is towards a purpose: what lotse policy show tells an answer for. Every situation of the
// table can be asked for by lotse policy explain; these are the ones that an officer asks for first.
type visitorMoment struct {
	name   string // for tools
	en, de string
	set    func(s *policies.Situation)
}

// answered is a moment at which the visitor gave an answer.
func answered(name, en, de string, status policies.Status, proof policies.Proof, more func(*policies.Situation)) visitorMoment {
	return visitorMoment{name, en, de, func(s *policies.Situation) {
		s.Status, s.Proof = status, proof
		if more != nil {
			more(s)
		}
	}}
}

func objecting(s *policies.Situation)   { s.Objected = true }
func restricting(s *policies.Situation) { s.Restricted = true }
func signalling(s *policies.Situation)  { s.GPC = true }
func child(s *policies.Situation)       { s.Age = policies.AgeMinor }
func guarded(s *policies.Situation)     { s.Age = policies.AgeMinorGuardian }

// momentsOf lists the moments of a purpose, by what it rests on.
func momentsOf(basis policies.Basis) []visitorMoment {
	const given, explicit, single, double = policies.StatusGiven, policies.StatusExplicit, policies.ProofSingle, policies.ProofDouble
	none, nothing := policies.StatusNone, policies.ProofNone
	switch basis {
	case policies.BasisConsent:
		return []visitorMoment{
			answered("none", "before any answer", "vor jeder Antwort", none, nothing, nil),
			answered("given", "agreed, with a click", "eingewilligt, mit einem Klick", given, single, nil),
			answered("given_double", "agreed, and confirmed the address", "eingewilligt und die Adresse bestätigt", given, double, nil),
			answered("explicit", "agreed explicitly", "ausdrücklich eingewilligt", explicit, single, nil),
			answered("explicit_double", "agreed explicitly, and confirmed the address", "ausdrücklich eingewilligt und die Adresse bestätigt", explicit, double, nil),
			answered("refused", "refused", "abgelehnt", policies.StatusRefused, nothing, nil),
			answered("withdrawn", "agreed, then withdrew", "eingewilligt, dann widerrufen", policies.StatusWithdrawn, nothing, nil),
			answered("expired", "agreed, but the consent has run out", "eingewilligt, aber die Einwilligung ist abgelaufen", policies.StatusExpired, nothing, nil),
			answered("objected", "agreed, then objected", "eingewilligt, dann widersprochen", given, single, objecting),
			answered("gpc", "agreed, but the browser asks not to be tracked (GPC)", "eingewilligt, aber der Browser bittet, nicht verfolgt zu werden (GPC)", given, single, signalling),
			answered("gpc_explicit", "agreed explicitly, although the browser asks not to be tracked (GPC)", "ausdrücklich eingewilligt, obwohl der Browser bittet, nicht verfolgt zu werden (GPC)", explicit, single, signalling),
			answered("child", "a child agreed alone", "ein Kind hat allein eingewilligt", given, single, child),
			answered("guardian", "a child agreed, with its guardian", "ein Kind hat eingewilligt, mit Sorgeberechtigten", given, single, guarded),
			answered("restricted", "agreed, and had processing restricted", "eingewilligt und die Verarbeitung einschränken lassen", given, single, restricting),
		}
	case policies.BasisContract:
		asked := func(name, en, de string, more func(*policies.Situation)) visitorMoment {
			return answered(name, en, de, none, nothing, func(s *policies.Situation) {
				s.Requested = true
				if more != nil {
					more(s)
				}
			})
		}
		return []visitorMoment{
			answered("not_requested", "before asking for anything", "bevor etwas verlangt wurde", none, nothing, nil),
			asked("requested", "asked for it, such as by an order", "hat es verlangt, etwa mit einer Bestellung", nil),
			asked("objected", "asked for it, and objected", "hat es verlangt und widersprochen", objecting),
			asked("gpc", "asked for it, and the browser asks not to be tracked (GPC)", "hat es verlangt, und der Browser bittet, nicht verfolgt zu werden (GPC)", signalling),
			asked("child", "a child asked for it", "ein Kind hat es verlangt", child),
			asked("restricted", "asked for it, and had processing restricted", "hat es verlangt und die Verarbeitung einschränken lassen", restricting),
		}
	}
	return []visitorMoment{
		answered("none", "without the visitor's doing", "ohne Zutun des Besuchers", none, nothing, nil),
		answered("refused", "refused", "abgelehnt", policies.StatusRefused, nothing, nil),
		answered("objected", "objected", "widersprochen", none, nothing, objecting),
		answered("gpc", "the browser asks not to be tracked (GPC)", "der Browser bittet, nicht verfolgt zu werden (GPC)", none, nothing, signalling),
		answered("child", "the visitor is a child", "der Besucher ist ein Kind", none, nothing, child),
		answered("guardian", "a child, whose guardian agreed", "ein Kind mit Zustimmung Sorgeberechtigter", none, nothing, guarded),
		answered("restricted", "had processing restricted", "ließ die Verarbeitung einschränken", none, nothing, restricting),
	}
}
