// Segments: which groups a guest of the winery belongs to, and which of four personas suits the guest best. A guest may be
// in several segments and has one persona at most. No segment asks for more than two things.
package main

import lotse "github.com/lotse-edge/lotse/sdk/go"

// The features, in the order of "reads" in manifest.json.
const (
	customerType = iota
	country
	wineStyle
	occasion
	priceRange
	need
	orders
	spent
	daysSinceOrder
	tastings
	pages
	sparklingPages
)

// The segments, in the order of "emits".
const (
	gastronomyDE = iota
	privateRegular
	exportTrade
	sparklingLovers
	tastingGuests
	lapsedCustomers
)

// The trait and its values, in the order of "emits".
const persona = 0

const (
	explorer = iota
	connoisseur
	host
	professional
)

func evaluate(r lotse.Record, out *lotse.Result) {
	where, known := r.Text(country)
	if is(r, customerType, "gastronomy") && where == "DE" {
		out.Segment(gastronomyDE)
	}
	if is(r, customerType, "private") && number(r, orders) >= 2 {
		out.Segment(privateRegular)
	}
	if is(r, customerType, "trade") && known && where != "DE" {
		out.Segment(exportTrade)
	}
	if is(r, wineStyle, "sparkling") || number(r, sparklingPages) >= 3 {
		out.Segment(sparklingLovers)
	}
	if number(r, tastings) >= 1 {
		out.Segment(tastingGuests)
	}
	if number(r, daysSinceOrder) > 365 {
		out.Segment(lapsedCustomers)
	}
	if p := personaOf(r); p >= 0 {
		out.Trait(persona, p)
	}
}

// personaOf gives the first persona that suits, from the one that says most about a guest to the one that says least; -1
// where we know too little.
func personaOf(r lotse.Record) int {
	switch {
	case is(r, customerType, "gastronomy"), is(r, customerType, "trade"), is(r, occasion, "business"):
		return professional
	case is(r, priceRange, "above_20"), is(r, need, "cellar"), number(r, spent) >= 300:
		return connoisseur
	case is(r, occasion, "dinner"), is(r, occasion, "celebration"):
		return host
	case is(r, need, "curiosity"), number(r, tastings) >= 1, number(r, pages) >= 5:
		return explorer
	default:
		return -1
	}
}

func is(r lotse.Record, feature int, value string) bool {
	text, _ := r.Text(feature)
	return lotse.Same(text, value)
}

func number(r lotse.Record, feature int) float64 {
	n, _ := r.Number(feature)
	return n
}

var _ = lotse.Handle(evaluate)

func main() {}
