package abi_test

import (
	"fmt"

	"github.com/lotse-edge/lotse/sdk/abi"
)

// The host writes a record, the module answers with entries, and both are bound by the manifest.
func Example() {
	m, err := abi.ParseManifest([]byte(`{"abi": 1, "name": "interest", "version": "1.0.0", "purpose": "profiling",
		"reads": [{"name": "pages", "type": "number", "aggregate": "count", "event": "page_view", "window": "90d"}],
		"emits": {"scores": [{"name": "interest", "reasons": ["page"]}]}}`))
	if err != nil {
		panic(err)
	}
	record, err := abi.AppendRecord(nil, 1769860800000, []abi.Value{{Present: true, Type: abi.Number, Number: 7}})
	if err != nil {
		panic(err)
	}
	answer := abi.AppendEntries(nil, []abi.Entry{{Kind: abi.ScoreEntry, Index: 0, Reason: 0, Number: 7}})
	entries, err := abi.DecodeEntries(m, answer, nil)
	if err != nil {
		panic(err)
	}
	score := m.Emits.Scores[entries[0].Index]
	fmt.Printf("%d bytes in, %d out: %s, %v for %s\n", len(record), len(answer), score.Name, entries[0].Number, score.Reasons[entries[0].Reason])
	// Output: 48 bytes in, 16 out: interest, 7 for page
}

func ExampleParseManifest() {
	_, err := abi.ParseManifest([]byte(`{"abi": 1, "name": "interest", "version": "1.0.0", "purpose": "profiling",
		"reads": [{"name": "pages", "type": "number", "aggregate": "count", "window": "3 months", "event": "page_view", "events": 1}],
		"emits": {"scores": [{"name": "interest"}]}}`))
	fmt.Println(err)
	// Output:
	// the manifest is not valid
	//   reads[0].events: is not a key of version 1
	//   emits.scores[0].reasons: must have at least one name
	//   reads[0].window: must be a whole number from 1 and a unit (m minutes, h hours, d days, w weeks), such as "90d", and at most ten years
}
