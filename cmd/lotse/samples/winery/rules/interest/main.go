// Interest: how much a guest of the winery wants to hear from us, from what the guest does. The points model of marketing
// practice: a message opened or a page is worth 1, a deliberate click 5, a tasting or a form 10. Each reason has a cap, so
// that nobody reads up to a sales call, and each count has a window, so that interest fades by itself.
package main

import lotse "github.com/lotse-edge/lotse/sdk/go"

// The features, in the order of "reads" in manifest.json.
const (
	messagesOpened = iota
	pages
	clicks
	messagesClicked
	surveys
	webinars
	forms
	carts
)

// The score and its reasons, in the order of "emits".
const interest = 0

const (
	message = iota
	page
	click
	webinar
	form
	cart
)

func evaluate(r lotse.Record, out *lotse.Result) {
	count := func(feature int) float64 {
		n, _ := r.Number(feature)
		return max(n, 0)
	}
	deliberate := count(clicks) + count(messagesClicked) + count(surveys)

	out.Points(interest, message, min(count(messagesOpened), 5)) // a message received is worth nothing yet
	out.Points(interest, page, min(count(pages), 10))
	out.Points(interest, click, min(5*deliberate, 20))
	out.Points(interest, webinar, min(10*count(webinars), 20))
	out.Points(interest, form, min(10*count(forms), 20))
	out.Points(interest, cart, min(5*count(carts), 10))
}

var _ = lotse.Handle(evaluate)

func main() {}
