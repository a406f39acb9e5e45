package ledger

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// clockSlack is how far an officer's clock may be ahead of the server's.
const clockSlack = 5 * time.Minute

// state is what the entries so far amount to. The log asks it before it appends, and a verification as it replays: there is one
// set of rules for both.
type state struct {
	size     int64
	last     time.Time // of the last entry
	officers Officers
	governed bool            // there has been an officer: from then on, a release needs approvals
	force    *Entry          // the last change of force
	pending  []Entry         // approvals since then, by officers who still are officers
	signed   map[string]bool // every statement that ever was approved

	modules []ModuleApproval // by officers who still are officers
}

// admit tells whether an entry may come next. It completes an approval by the signer's key. Nothing is changed until commit is
// called.
func (s *state) admit(e *Entry) (commit func(), err error) {
	if err := checkTime(e.At); err != nil {
		return nil, err
	}
	if e.At.Before(s.last) {
		return nil, fmt.Errorf("it is dated %s, before the last entry (%s): set the server's clock right", e.At.Format(second), s.last.Format(second))
	}
	var change func()
	switch e.Kind {
	case OfficerAdded:
		change, err = s.addOfficer(e)
	case OfficerRemoved:
		change, err = s.removeOfficer(e)
	case Approved:
		change, err = s.approve(e)
	case InForce:
		change, err = s.putInForce(e)
	case ModuleApproved:
		change, err = s.approveModule(e)
	default:
		panic("BUG: an entry of no kind")
	}
	if err != nil {
		return nil, err
	}
	return func() {
		change()
		s.last = e.At
		s.size++
	}, nil
}

func (s *state) addOfficer(e *Entry) (func(), error) {
	next, err := s.officers.with(e.Officer)
	if err != nil {
		return nil, err
	}
	return func() { s.officers, s.governed = next, true }, nil
}

func (s *state) removeOfficer(e *Entry) (func(), error) {
	next, err := s.officers.without(e.Officer)
	if err != nil {
		return nil, err
	}
	return func() {
		s.officers = next
		s.pending = slices.DeleteFunc(slices.Clone(s.pending), func(p Entry) bool { return p.Approval.Key == e.Officer })
		s.modules = slices.DeleteFunc(slices.Clone(s.modules), func(m ModuleApproval) bool { return m.Key == e.Officer })
	}, nil
}

// fits tells whether a release replaces what is in force. The first one may replace anything: the log does not know what was
// before it.
func (s *state) fits(r Release) error {
	if s.force != nil && r.Replaces != s.force.Release.Policy {
		return fmt.Errorf("it replaces policy %s, but %s is in force: compare it with that one, and have that approved", r.Replaces.Short(), s.force.Release.Policy.Short())
	}
	return nil
}

// check is the rule of release over the approvals that count.
func (s *state) check(r Release) error {
	if err := s.fits(r); err != nil {
		return err
	}
	return s.approved(r, s.waiting())
}

// approved is Check, with two releases that need no approval. Before there ever was an officer, whoever runs the server answers for
// the policy, and the log shows that nobody approved it. And a policy of the same sources is the same policy, proved by another
// release of the prover.
func (s *state) approved(r Release, approvals []Approval) error {
	if !s.governed || s.force != nil && r.Sources == s.force.Release.Sources {
		return r.Validate()
	}
	return Check(r, approvals)
}

// approve admits an approval of something that could come into force next. An approval that was signed before the last change of
// force is void even where its digests fit again, after a policy and its way back.
func (s *state) approve(e *Entry) (func(), error) {
	a, err := s.officers.Verify(e.Approval.Note)
	if err != nil {
		return nil, err
	}
	if err := s.fits(a.Release); err != nil {
		return nil, err
	}
	text := a.Statement.Text()
	switch {
	case s.signed[text]:
		return nil, errors.New("the log holds this approval already")
	case a.At.After(e.At.Add(clockSlack)):
		return nil, fmt.Errorf("%s dated it %s, which is still to come: set the clock right and sign anew", a.By, a.At.Format(second))
	case s.force != nil && a.At.Before(s.force.At):
		return nil, fmt.Errorf("%s signed it before the last change of force (%s): sign anew", a.By, s.force.At.Format(second))
	}
	e.Approval = a
	return func() {
		s.pending = append(slices.Clip(s.pending), *e)
		s.signed[text] = true
	}, nil
}

func (s *state) putInForce(e *Entry) (func(), error) {
	if err := s.fits(e.Release); err != nil {
		return nil, err
	}
	var approvals []Approval
	for i, n := range e.Approvals {
		at := slices.IndexFunc(s.pending, func(p Entry) bool { return p.Number == n })
		if at < 0 || s.pending[at].Approval.Release != e.Release || i > 0 && n == e.Approvals[i-1] {
			return nil, fmt.Errorf("entry %d is no approval of it that counts", n)
		}
		approvals = append(approvals, s.pending[at].Approval)
	}
	if err := s.approved(e.Release, approvals); err != nil {
		return nil, err
	}
	return func() { s.force, s.pending = e, nil }, nil
}

// approvalsOf gives the numbers of the entries that approve a release and count.
func (s *state) approvalsOf(r Release) (numbers []int64) {
	for _, p := range s.pending {
		if p.Approval.Release == r {
			numbers = append(numbers, p.Number)
		}
	}
	return numbers
}

// waiting gives every approval that counts towards something.
func (s *state) waiting() (approvals []Approval) {
	for _, p := range s.pending {
		approvals = append(approvals, p.Approval)
	}
	return approvals
}
