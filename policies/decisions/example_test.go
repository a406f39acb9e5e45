package decisions_test

import (
	"fmt"

	"github.com/lotse-edge/lotse/policies/decisions"
)

// A table is known by its digest. Each request appends the rows that answered it, one for each purpose.
func Example() {
	files := newMemory() // a folder, in the server
	log, err := decisions.Open(decisions.Config{Files: files, Now: newClock().Now})
	if err != nil {
		panic(err)
	}
	digest, err := decisions.ParseDigest("00000000000000000000000000000000000000000000000000000000000000aa")
	if err != nil {
		panic(err)
	}
	table := log.Table(digest)
	first := log.Append(table, []uint32{288, 7})
	log.Append(table, []uint32{288, 9})
	fmt.Println("row 288 answered", log.TableCounts(digest).Rows[288], "times")
	if err := log.Close(); err != nil {
		panic(err)
	}

	entry, err := decisions.Find(files, first+1)
	if err != nil {
		panic(err)
	}
	fmt.Println("decision", entry.Sequence, "is row", entry.Key, "of", entry.Digest.String()[60:], "in the log of", entry.Minute)
	// Output:
	// row 288 answered 2 times
	// decision 2 is row 7 of 00aa in the log of 2026-03-01 12:00:00 +0000 UTC
}
