// Interest: how much someone wants to hear of our courses, from what they do. The points model of marketing practice: a
// message opened or a page is worth 1, a deliberate click 5, a form or a call 10; whoever does not want our mail, or cannot
// be reached by it, loses 10. Each reason has a cap, so that nobody reads up to a sales call.
package main

func evaluate(record Record, answer Answer) {
	answer.interestMessage(min(record.messagesOpenedOr(0), 5))
	answer.interestPage(min(record.pagesOr(0), 10))
	answer.interestAttention(attention(record.minutesOnSiteOr(0)))
	answer.interestClick(min(5*(record.messagesClickedOr(0)+record.chatsOr(0)), 20))
	answer.interestForm(min(10*record.formsOr(0), 20))
	answer.interestCall(min(10*record.callsOr(0), 20))
	if record.doNotEmailOr(false) || record.bouncesOr(0) > 0 || record.unsubscribedOr(0) > 0 {
		answer.interestSilence(-10)
	}
}

// attention: five minutes of reading are as deliberate as a click, fifteen as much as a form.
func attention(minutes float64) float64 {
	switch {
	case minutes >= 15:
		return 10
	case minutes >= 5:
		return 5
	default:
		return 0
	}
}
