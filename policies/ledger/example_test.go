package ledger_test

import (
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/lotse-edge/lotse/policies/ledger"
)

// A policy that permits more comes into force when two officers have signed it, and the log proves it later without the server.
func Example() {
	must := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	now := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

	// The server's log, and two officers with keys of their own.
	logPrivate, logPublic, err := ledger.NewLogKey(rand.Reader)
	must(err)
	files := newMemory() // a folder, in a server
	log, err := ledger.Open(files, logPrivate)
	must(err)
	private := map[string]string{}
	for _, name := range []string{"anna", "ben"} {
		key, public, err := ledger.NewOfficerKey(name, rand.Reader)
		must(err)
		_, err = log.AddOfficer(public, now)
		must(err)
		private[name] = key
	}

	// What is to come into force: 12 of 312 changed situations permit more than before.
	release := ledger.Release{
		Policy: sha256.Sum256([]byte("the table")), Sources: sha256.Sum256([]byte("the sources")),
		Changed: 312, Widened: 12, Narrowed: 300,
	}
	for _, name := range []string{"anna", "ben"} {
		fmt.Println(log.Check(release))
		signed, err := ledger.Sign(private[name], ledger.Statement{Release: release, By: name, At: now, Remark: "newsletter, as agreed"})
		must(err)
		_, err = log.Approve(signed, now.Add(time.Minute))
		must(err)
	}
	_, err = log.PutInForce(release, now.Add(time.Hour))
	must(err)

	// Later, somewhere else, with the files and the log's public key.
	report, err := ledger.Verify(files, logPublic)
	must(err)
	policy, entry, ok := report.InForceAt(now.Add(24 * time.Hour))
	fmt.Printf("%s is in force by entry %d of %d: %t\n", policy.Short(), entry, report.Head.Size, ok)
	proof, err := report.ProveEntry(entry)
	must(err)
	proved, _, err := ledger.VerifyProof(proof, logPublic)
	must(err)
	fmt.Println(proved.Kind, proved.Release == release, proved.Approvals)

	// Output:
	// policy fa8e3fd97bea may not come into force yet: it permits more in 12 situations and no officer has approved it; two officers have to read what it changes and approve it, each with a key of their own
	// policy fa8e3fd97bea may not come into force yet: it permits more in 12 situations and only anna has approved it; another officer has to read what it changes and approve it too
	// fa8e3fd97bea is in force by entry 4 of 5: true
	// in_force true [2 3]
}
