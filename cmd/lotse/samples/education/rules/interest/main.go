// Interest: how much someone wants to hear of our courses, from what they do. The points model of marketing practice: a
// message opened or a page is worth 1, a deliberate click 5, a form or a call 10; whoever does not want our mail, or cannot
// be reached by it, loses 10. The points are set by those rules and not fitted to who enrolled, so that a report of the
// outcome is a fair judgement of them.
package main

import lotse "github.com/lotse-edge/lotse/sdk/go"

// The features, in the order of "reads" in manifest.json.
const (
	messagesOpened = iota
	pages
	visits
	pagesPerVisit
	minutesOnSite
	messagesClicked
	chats
	forms
	calls
	bounces
	unsubscribed
	doNotEmail
)

// The score and its reasons, in the order of "emits".
const interest = 0

const (
	message = iota
	page
	attention
	click
	form
	call
	silence
)

func evaluate(r lotse.Record, out *lotse.Result) {
	out.Points(interest, message, min(count(r, messagesOpened), 5))
	out.Points(interest, page, min(pagesSeen(r), 10))
	out.Points(interest, attention, attentionPoints(r))
	out.Points(interest, click, min(5*(count(r, messagesClicked)+count(r, chats)), 20))
	out.Points(interest, form, min(10*count(r, forms), 20)) // asking for the free book is filling a form
	out.Points(interest, call, min(10*count(r, calls), 20))

	if no, _ := r.Bool(doNotEmail); no || count(r, bounces) > 0 || count(r, unsubscribed) > 0 {
		out.Points(interest, silence, -10)
	}
}

// pagesSeen takes the pages themselves or, where a system tells no more than visits and pages a visit, what follows.
func pagesSeen(r lotse.Record) float64 {
	perVisit := max(count(r, pagesPerVisit), 1)
	return max(count(r, pages), count(r, visits)*perVisit)
}

// attentionPoints: five minutes of reading are as deliberate as a click, fifteen as much as a form.
func attentionPoints(r lotse.Record) float64 {
	switch minutes := count(r, minutesOnSite); {
	case minutes >= 15:
		return 10
	case minutes >= 5:
		return 5
	default:
		return 0
	}
}

func count(r lotse.Record, feature int) float64 {
	n, _ := r.Number(feature)
	return max(n, 0)
}

var _ = lotse.Handle(evaluate)

func main() {}
