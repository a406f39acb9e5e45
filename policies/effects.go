package policies

import "strconv"

// Effects is what an answer has done with a visitor's data, without the reasons. Since a value keeps the least that its category and
// its tag permit (see composer), a row's fields are told whole by what happens to each category and to each tag.
type Effects struct {
	Permit    bool
	Days      [categoryCount]uint16 // how long a category is kept; 0: it is dropped
	Exact     [tagCount]bool        // a value of the tag is kept as it is, not coarser
	Profiling Profiling
	Review    bool
	Transfer  bool
	Device    bool
	Portable  [provenanceCount]bool
}

// Effects tells what a row has done.
func (r *Row) Effects() Effects {
	e := Effects{
		Permit: r.Permit, Profiling: r.Profiling, Review: r.Review, Transfer: r.Transfer, Device: r.Device, Portable: r.Portable,
	}
	for c := range categoryCount {
		e.Days[c] = r.Field(Class{c, TagPlain, true}).TTLDays
		for t := range tagCount {
			e.Exact[t] = e.Exact[t] || r.Field(Class{c, t, true}).Verdict == Keep
		}
	}
	return e
}

// Direction says whether a change lets the operator do more or less.
type Direction int8

// The directions.
const (
	Narrower Direction = -1
	Neither  Direction = 0 // a matter of the visitor's own copy, or of words
	Wider    Direction = 1
)

// A Change is one thing in which two answers differ.
type Change struct {
	Subject   string    `json:"subject"`      // see the constants
	Of        string    `json:"of,omitempty"` // a category, a tag or a provenance
	From      string    `json:"from"`
	To        string    `json:"to"`
	Direction Direction `json:"direction"`
	of        int
	from, to  int
}

// What a change is about.
const (
	SubjectPermit    = "permit"    // false, true
	SubjectKeep      = "keep"      // of a category: dropped, or the days
	SubjectExact     = "exact"     // of a tag: false means coarser
	SubjectProfiling = "profiling" // none, score, decide
	SubjectReview    = "review"
	SubjectTransfer  = "transfer"
	SubjectDevice    = "device"
	SubjectPortable  = "portable" // of a provenance
)

// Changes lists what is different in another answer, in the order in which a person reads an answer. None means that only the reasons
// can differ.
func (e Effects) Changes(to Effects) []Change {
	var out []Change
	add := func(subject string, of int, name string, from, to int, texts func(int) string, rise Direction) {
		if from == to {
			return
		}
		if to < from {
			rise = -rise
		}
		out = append(out, Change{Subject: subject, Of: name, From: texts(from), To: texts(to), Direction: rise, of: of, from: from, to: to})
	}
	yes := func(v int) string { return booleanNames[v] }
	is := func(b bool) int { return int(number(b)) }
	add(SubjectPermit, 0, "", is(e.Permit), is(to.Permit), yes, Wider)
	for c := range categoryCount {
		add(SubjectKeep, int(c), c.String(), int(e.Days[c]), int(to.Days[c]), dayNames, Wider)
	}
	for t := range tagCount {
		if e.Permit && to.Permit { // coarser than nothing says nothing
			add(SubjectExact, int(t), t.String(), is(e.Exact[t]), is(to.Exact[t]), yes, Wider)
		}
	}
	add(SubjectProfiling, 0, "", int(e.Profiling), int(to.Profiling), func(v int) string { return profilingNames[v] }, Wider)
	if e.Profiling == to.Profiling {
		add(SubjectReview, 0, "", is(e.Review), is(to.Review), yes, Narrower)
	}
	add(SubjectTransfer, 0, "", is(e.Transfer), is(to.Transfer), yes, Wider)
	add(SubjectDevice, 0, "", is(e.Device), is(to.Device), yes, Wider)
	for p := range provenanceCount {
		add(SubjectPortable, int(p), p.String(), is(e.Portable[p]), is(to.Portable[p]), yes, Neither)
	}
	return out
}

func dayNames(days int) string {
	if days == 0 {
		return "dropped"
	}
	return strconv.Itoa(days) + " days"
}
