package lotse

import (
	"testing"

	"github.com/lotse-edge/lotse/sdk/abi"
)

// The kit states the contract once more, for the sake of size; this keeps the two the same.
func TestTheKitKeepsTheContract(t *testing.T) {
	if version != abi.Version || maxRecord != abi.MaxRecord || maxEntries != abi.MaxEntries || entrySize != abi.EntrySize ||
		slotSize != abi.SlotSize || headerSize != abi.HeaderSize || kindScore != int(abi.ScoreEntry) || kindSegment != int(abi.SegmentEntry) || kindTrait != int(abi.TraitEntry) {
		t.Error("the kit and sdk/abi differ")
	}
}

func TestHandleTakesOneFunction(t *testing.T) {
	refuses := func(rules Rules) (refused bool) {
		defer func() { refused = recover() != nil }()
		Handle(rules)
		return false
	}
	defer func() { handled = nil }()
	rules := func(Record, *Result) {}
	if !refuses(nil) || refuses(rules) || !refuses(rules) {
		t.Error("Handle takes no function, or two")
	}
}
