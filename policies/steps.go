package policies

// A step is something that a visitor, or what is known of a visitor, does against a purpose. After it, nothing more may be kept or
// done than before: privacy.invariants says so, and every step from every situation is checked.
type step struct {
	id    string
	title Words
	next  func(s Situation) []Situation // none where the step cannot be taken; it changes one digit of the key only
}

// moves is a step as it acts on keys: for each value of the one digit that it changes, what is to be added to the key.
type moves struct {
	weight, radix uint32
	add           [][]uint32 // by the digit's value; wraps around
}

func movesOf(s *step) moves {
	weight := uint32(1)
	for i := digitCount - 1; i >= 0; i-- {
		m := moves{weight: weight, radix: uint32(len(digits[i].values))}
		moved := false
		for v := range m.radix {
			from, err := SituationOf(v * weight)
			if err != nil {
				panic("BUG: " + err.Error())
			}
			var add []uint32
			for _, to := range s.next(from) {
				if digitsOf(to.Key())[i] != uint8(v) {
					add = append(add, to.Key()-v*weight)
					moved = true
				}
			}
			m.add = append(m.add, add)
		}
		if moved {
			return m
		}
		weight *= m.radix
	}
	panic("BUG: the step " + s.id + " leads nowhere")
}

// from gives what to add to a key to take the step.
func (m *moves) from(key uint32) []uint32 { return m.add[key/m.weight%m.radix] }

var steps = []step{
	{"withdraw", words("the visitor withdraws", "der Besucher widerruft"), func(s Situation) []Situation {
		return answering(s, StatusWithdrawn)
	}},
	{"refuse", words("the visitor refuses", "der Besucher lehnt ab"), func(s Situation) []Situation {
		return answering(s, StatusRefused)
	}},
	{"expire", words("the consent runs out, or was never given", "die Einwilligung läuft ab, oder es gab nie eine"), func(s Situation) []Situation {
		if s.Status != StatusGiven && s.Status != StatusExplicit {
			return nil
		}
		return append(answering(s, StatusExpired), answering(s, StatusNone)...)
	}},
	{"agree_less", words("the visitor agrees, but not explicitly", "der Besucher willigt ein, aber nicht ausdrücklich"), func(s Situation) []Situation {
		if s.Status != StatusExplicit {
			return nil
		}
		s.Status = StatusGiven
		return []Situation{s}
	}},
	{"prove_less", words("the consent is proved less well", "die Einwilligung ist schlechter nachgewiesen"), func(s Situation) []Situation {
		if s.Proof == ProofNone {
			return nil
		}
		s.Proof--
		return []Situation{s}
	}},
	{"object", words("the visitor objects", "der Besucher widerspricht"), func(s Situation) []Situation {
		if s.Objected {
			return nil
		}
		s.Objected = true
		return []Situation{s}
	}},
	{"restrict", words("the visitor has processing restricted", "der Besucher lässt die Verarbeitung einschränken"), func(s Situation) []Situation {
		if s.Restricted {
			return nil
		}
		s.Restricted = true
		return []Situation{s}
	}},
	{"gpc", words("the browser asks not to be tracked", "der Browser bittet, nicht verfolgt zu werden"), func(s Situation) []Situation {
		if s.GPC {
			return nil
		}
		s.GPC = true
		return []Situation{s}
	}},
	{"child", words("the visitor is a child", "der Besucher ist ein Kind"), func(s Situation) []Situation {
		if s.Age == AgeMinor {
			return nil
		}
		minor := s
		minor.Age = AgeMinor
		if s.Age == AgeMinorGuardian {
			return []Situation{minor}
		}
		s.Age = AgeMinorGuardian
		return []Situation{s, minor}
	}},
	{"not_asked", words("the visitor did not ask for the contract", "der Besucher hat den Vertrag nicht verlangt"), func(s Situation) []Situation {
		if !s.Requested {
			return nil
		}
		s.Requested = false
		return []Situation{s}
	}},
}

// answering is the situation with another answer, which proves no consent.
func answering(s Situation, status Status) []Situation {
	if s.Status == status {
		return nil
	}
	s.Status, s.Proof = status, ProofNone
	return []Situation{s}
}
