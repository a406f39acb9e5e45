package ledger

import (
	"fmt"
	"slices"
	"strings"
)

// Check is the rule of release: somebody has to have approved exactly this release, and two persons with two keys where it widens
// what is permitted. Approvals of anything else do not count. What is missing is in the error, a *NotApproved.
//
// Check knows nothing of time. Log and Verify hand it only approvals that came after the last change of force, by officers who
// still are officers.
func Check(r Release, approvals []Approval) error {
	if err := r.Validate(); err != nil {
		return err
	}
	missing := &NotApproved{Release: r}
	var count []Approval
	for _, a := range approvals {
		if a.Release == r {
			count = append(count, a)
			missing.By = append(missing.By, a.By)
		} else {
			missing.Void = append(missing.Void, Void{a.By, difference(r, a.Release)})
		}
	}
	slices.Sort(missing.By)
	missing.By = slices.Compact(missing.By)
	if len(count) > 0 && r.Widened == 0 || twoPersons(count) {
		return nil
	}
	return missing
}

// twoPersons finds two approvals that share neither the person nor the key.
func twoPersons(approvals []Approval) bool {
	for i, a := range approvals {
		for _, b := range approvals[:i] {
			if a.By != b.By && keyOf(a.Key) != keyOf(b.Key) {
				return true
			}
		}
	}
	return false
}

// difference says in what an approved release is another one.
func difference(want, approved Release) string {
	switch {
	case approved.Policy != want.Policy:
		return "approves another policy"
	case approved.Replaces != want.Replaces:
		return "replaces another policy than this release does"
	case approved.Sources != want.Sources:
		return "approves other sources"
	default:
		return "approves other numbers of changed situations"
	}
}

// NotApproved says what a release still lacks.
type NotApproved struct {
	Release Release
	By      []string // who has approved exactly this, sorted
	Void    []Void   // approvals that do not count
}

// Void is an approval of something else.
type Void struct{ By, Why string }

// Error says who has to do what next.
func (e *NotApproved) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "policy %s may not come into force yet: ", e.Release.Policy.Short())
	switch {
	case len(e.By) == 0 && e.Release.Widened == 0:
		b.WriteString("no officer has approved it; an officer has to read what it changes and approve it")
	case len(e.By) == 0:
		fmt.Fprintf(&b, "it permits more in %d situations and no officer has approved it; two officers have to read what it changes and approve it, each with a key of their own", e.Release.Widened)
	case len(e.By) == 1:
		fmt.Fprintf(&b, "it permits more in %d situations and only %s has approved it; another officer has to read what it changes and approve it too", e.Release.Widened, e.By[0])
	default:
		fmt.Fprintf(&b, "%s have approved it with one and the same key; each has to approve it with a key of their own", strings.Join(e.By, " and "))
	}
	for _, v := range e.Void {
		fmt.Fprintf(&b, "; what %s signed does not count, it %s", v.By, v.Why)
	}
	return b.String()
}

// TenantText says it to a tenant, in one or two sentences and without the officers' names.
func (e *NotApproved) TenantText() string {
	who := "a privacy officer has to approve it first"
	switch {
	case e.Release.Widened > 0 && len(e.By) == 0:
		who = "it permits more than the present one, so two privacy officers have to approve it first"
	case e.Release.Widened > 0:
		who = "it permits more than the present one, so a second privacy officer has to approve it too"
	}
	return "The new policy is not in force yet: " + who + ". Until then nothing changes."
}
