package lotse_test

import (
	"fmt"

	"github.com/lotse-edge/lotse/sdk/abi"
	lotse "github.com/lotse-edge/lotse/sdk/go"
)

// The features, in the order of the manifest's reads.
const (
	pages = iota
	country
)

// What may be said, in the order of the manifest's emits.
const (
	interest = 0 // a score
	page     = 0 // its reason
	austrian = 0 // a segment
)

// evaluate gives a point for each page, ten at most, and finds who is in Austria.
func evaluate(r lotse.Record, out *lotse.Result) {
	n, _ := r.Number(pages)
	out.Points(interest, page, min(n, 10))
	if c, _ := r.Text(country); lotse.Same(c, "AT") {
		out.Segment(austrian)
	}
}

// A module hands its function over with one line: var _ = lotse.Handle(evaluate). This is what the host then does.
func Example() {
	record, err := abi.AppendRecord(nil, 0, []abi.Value{
		{Present: true, Type: abi.Number, Number: 12},
		{Present: true, Type: abi.String, Text: "AT"},
	})
	if err != nil {
		panic(err)
	}
	var out lotse.Result
	fmt.Println(lotse.Evaluate(evaluate, record, &out), "entries,", len(out.Entries()), "bytes")
	// Output: 2 entries, 32 bytes
}

func ExampleSame() {
	fmt.Println(lotse.Same("Working Professional", "working_professional"))
	// Output: true
}
