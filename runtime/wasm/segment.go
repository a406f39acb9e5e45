package wasm

// segment is a stretch of a function's code that is charged at its beginning. A new one begins wherever control may come
// or go: at a loop's head, behind a branch, at the arms and the end of an if, at a label that is branched to. Every run of
// a segment is led to by one run of its parent in the same turn of the same loop, so that what is small can be charged
// there: a little more than what runs, never less.
type segment struct {
	parent *segment
	at     int // in the body, where the charge is written
	cost   uint64
	merged uint64 // of it, what belongs to children
	own    bool   // has a charge of its own
	check  bool   // tests whether fuel is left
	called bool   // contains a call
	late   bool   // begins after a call that nothing was tested after
}

// charged gives the segment that pays for this one.
func (s *segment) charged() *segment {
	for !s.own {
		s = s.parent
	}
	return s
}

// segments cuts one function. Only function entries and loop heads, and the first charge behind a call, test: between
// two tests lies less than one function's code, so the bound holds, and the other charges are half as long.
type segments struct {
	all  []*segment // those with a charge of their own, in order
	cur  *segment
	late bool // a call has returned, and nothing was tested since
}

func (s *segments) enter(at int, cost uint64) {
	s.cur = &segment{at: at, cost: cost, own: true, check: true}
	s.all = append(s.all, s.cur)
}

// begin ends the current segment and begins one that the parent leads to.
func (s *segments) begin(at int, parent *segment) {
	s.settle()
	s.cur = &segment{at: at, parent: parent, late: s.late}
}

// loop ends the current segment and begins a loop's, which always pays for itself: it runs more often.
func (s *segments) loop(at int) {
	s.settle()
	s.cur = &segment{at: at, cost: priceLoop, own: true, check: true}
	s.all = append(s.all, s.cur)
}

// settle decides where the current segment is charged.
func (s *segments) settle() {
	c := s.cur
	if !c.own && c.cost > 0 {
		if p := c.parent.charged(); c.cost <= smallSegment && p.merged+c.cost <= mergedSegments {
			p.cost += c.cost
			p.merged += c.cost
		} else {
			c.own, c.check = true, c.late || c.cost >= largeSegment
			s.all = append(s.all, c)
		}
	}
	if c.own && c.check {
		s.late = false
	}
	s.late = s.late || c.called
}

// call notes a call at the current place.
func (s *segments) call() { s.cur.called = true }
