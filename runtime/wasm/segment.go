package wasm

// segment is a stretch of a function's code that is charged at once: at its beginning, or by the helper that makes its
// first mark if no call comes before. A new one begins wherever control may come or go: at a loop's head, behind a branch,
// at the arms and the end of an if, at a label that is branched to. Every run of a segment is led to by one run of its
// parent in the same turn of the same loop, so that what is small can be charged there: a little more than what runs,
// never less.
type segment struct {
	parent *segment
	at     int    // in the body, where the charge is written
	cost   uint64 // in quarters of a unit
	merged uint64 // of it, what belongs to children
	own    bool   // has a charge of its own
	check  bool   // tests whether fuel is left
	taken  bool   // charged by the helper that makes a mark
	closed bool   // contains a call, which must come behind the charge
}

// charged gives the segment that pays for this one.
func (s *segment) charged() *segment {
	for !s.own {
		s = s.parent
	}
	return s
}

// segments cuts one function. Only function entries and loop heads test whether fuel is left, which makes the other
// charges half as long: between two tests lies less than one function's code. When deep calls return, what is left of each
// of their functions runs without a test; it is no more than the slots that they hold, see weigh.
type segments struct {
	cur *segment
	all bool // the entry pays for everything
}

func (s *segments) enter(at int, cost uint64) {
	s.cur = &segment{at: at, cost: cost, own: true, check: true}
}

// begin ends the current segment and begins one that the parent leads to.
func (s *segments) begin(at int, parent *segment) {
	s.settle()
	s.cur = &segment{at: at, parent: parent}
}

// called tells that the current segment calls a function.
func (s *segments) called() { s.cur.closed = true }

// loop ends the current segment and begins a loop's, which always pays for itself: it runs more often. Where an entry or a
// head leads to nothing but this loop, one test is enough.
func (s *segments) loop(at int) {
	if s.cur.parent == nil && !s.cur.closed {
		s.cur.check = false
	}
	s.settle()
	s.cur = &segment{at: at, cost: priceLoop, own: true, check: true}
}

// settle decides where the current segment is charged.
func (s *segments) settle() {
	c := s.cur
	if c.own || c.cost == 0 {
		return
	}
	if p := c.parent.charged(); s.all || c.cost <= smallSegment && p.merged+c.cost <= mergedSegments {
		p.cost += c.cost
		p.merged += c.cost
	} else {
		c.own = true
	}
}
