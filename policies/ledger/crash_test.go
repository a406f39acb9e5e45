package ledger_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/lotse-edge/lotse/policies/ledger"
)

// parts are how much of a write a crash leaves.
var parts = map[string]func(int) int{
	"nothing":      func(int) int { return 0 },
	"a byte":       func(n int) int { return min(1, n) },
	"half":         func(n int) int { return n / 2 },
	"all but one":  func(n int) int { return n - 1 },
	"all, no word": func(n int) int { return n }, // done, but nobody was told
}

// A crash in each write of an append, and then in each write of the start after it: what was acknowledged is there, what was not
// is there whole or not at all, and the log goes on.
func TestCrashInEachStep(t *testing.T) {
	o := newOffice(t)
	o.approve(release(1, 0, 0), "anna") // three entries: the next one completes two more nodes of the tree
	const acknowledged = 3
	for step := range 3 {
		for name, part := range parts {
			t.Run(fmt.Sprintf("write %d leaves %s", step, name), func(t *testing.T) {
				crashed := o.storage.copy()
				crashed.steps, crashed.part = step, part
				log, err := ledger.Open(crashed, o.logPrivate)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := log.PutInForce(release(1, 0, 0), minute(60)); !errors.Is(err, errCrash) {
					t.Fatalf("got %v, want the crash", err)
				}
				if _, ok := log.InForce(); ok {
					t.Error("what was not acknowledged is in force")
				}
				if r, err := ledger.Verify(crashed, o.logPublic); err != nil || r.Head.Size < acknowledged {
					t.Fatalf("before a start: %v", err)
				}
				for again := range 3 { // writes of a recovery; it has at most two
					for _, part := range parts {
						twice := crashed.copy()
						twice.steps, twice.part = again, part
						_, err := ledger.Open(twice, o.logPrivate)
						if err != nil && !errors.Is(err, errCrash) {
							t.Fatalf("the start: %v", err)
						}
						o.goesOn(t, twice.copy(), acknowledged)
					}
				}
			})
		}
	}
}

// goesOn opens the log and appends to it.
func (o *office) goesOn(t *testing.T, s *memory, acknowledged int64) {
	t.Helper()
	log, err := ledger.Open(s, o.logPrivate)
	if err != nil {
		t.Fatalf("the start after: %v", err)
	}
	if _, ok := log.InForce(); !ok {
		if _, err := log.PutInForce(release(1, 0, 0), minute(61)); err != nil {
			t.Fatal(err)
		}
	}
	r, err := ledger.Verify(s, o.logPublic)
	if err != nil || r.Head.Size != acknowledged+1 || r.Unsigned {
		t.Fatalf("after it went on: %v, %+v", err, r)
	}
	if err := grown(o.log.Head(), r, o.logPublic); err != nil {
		t.Fatal(err)
	}
}

// A crash at the very first start.
func TestCrashAtTheBeginning(t *testing.T) {
	o := newOffice(t)
	for name, part := range parts {
		s := newMemory()
		s.steps, s.part = 0, part
		if _, err := ledger.Open(s, o.logPrivate); !errors.Is(err, errCrash) {
			t.Fatalf("%s: got %v, want the crash", name, err)
		}
		if _, err := ledger.Open(s.copy(), o.logPrivate); err != nil {
			t.Errorf("%s: the start after: %v", name, err)
		}
	}
}

// Damage of any byte of any file is found, by a verification and by a start, and a start changes nothing.
func TestDamageIsFound(t *testing.T) {
	o := newOffice(t)
	o.approve(release(1, 0, 2), "anna", "ben")
	o.force(release(1, 0, 2))
	for name, content := range o.storage.files {
		for i := range content {
			s := o.storage.copy()
			s.files[name] = bytes.Clone(content)
			s.files[name][i] ^= 1 << (i % 8)
			if _, err := ledger.Verify(s, o.logPublic); err == nil {
				t.Fatalf("%s, byte %d, bit %d: verifies", name, i, i%8)
			}
		}
		for cut := range content {
			s := o.storage.copy()
			s.files[name] = content[:cut]
			before := maps.Clone(s.files)
			if _, err := ledger.Open(s, o.logPrivate); err == nil {
				t.Fatalf("%s, cut after %d bytes: opens", name, cut)
			}
			if !maps.EqualFunc(s.files, before, bytes.Equal) {
				t.Fatalf("%s, cut after %d bytes: the start changed it", name, cut)
			}
		}
		s := o.storage.copy()
		delete(s.files, name)
		if _, err := ledger.Open(s, o.logPrivate); err == nil {
			t.Errorf("without %s: opens", name)
		}
	}
}

// An older copy of one file beside newer ones is no crash.
func TestOldCopiesAreFound(t *testing.T) {
	o := newOffice(t)
	o.approve(release(1, 0, 2), "anna")
	old := o.storage.copy()
	o.approve(release(1, 0, 2), "ben")
	o.force(release(1, 0, 2))
	for name, want := range map[string]string{
		"head": "the head is an old one", "entries": "missing or damaged", "hashes": "file of hashes is damaged",
	} {
		s := o.storage.copy()
		s.files[name] = old.files[name]
		_, err := ledger.Open(s, o.logPrivate)
		wants(t, err, want)
	}
	s := o.storage.copy()
	s.files["head"], s.files["entries"] = old.files["head"], old.files["entries"]
	_, err := ledger.Open(s, o.logPrivate)
	if err == nil {
		t.Error("newer hashes open")
	}
	one := o.storage.copy() // hashes of one entry more than there is
	one.files["entries"] = bytes.Clone(o.storage.files["entries"])
	o.approve(release(2, 1, 0), "anna")
	one.files["hashes"] = o.storage.files["hashes"]
	_, err = ledger.Open(one, o.logPrivate)
	wants(t, err, "the entries are old ones")
	// A head that is older by one entry is what a crash leaves too; the entry is not lost.
	r := o.verify()
	o.approve(release(3, 1, 0), "anna")
	newest := o.storage.copy()
	newest.files["head"] = []byte(r.Signed)
	log, err := ledger.Open(newest, o.logPrivate)
	if err != nil || len(log.Waiting()) != 2 {
		t.Errorf("an old head by one: %v", err)
	}
}

// Whoever has the log's key can sign another history; its rules still hold, and a kept head reveals it.
func TestRewrittenHistoryIsFound(t *testing.T) {
	o := newOffice(t)
	o.approve(release(1, 0, 2), "anna")
	kept := o.log.Head()
	honest := o.storage
	o.storage = newMemory()
	o.minutesGone = 0
	o.open()
	if _, err := o.log.AddOfficer(o.public["anna"], o.now()); err != nil {
		t.Fatal(err)
	}
	o.approve(release(1, 0, 0), "anna")
	o.force(release(1, 0, 0))
	o.approve(release(2, 1, 0), "anna")
	r := o.verify()
	wants(t, grown(kept, r, o.logPublic), "history was rewritten")
	if _, err := ledger.Verify(honest, o.logPublic); err != nil {
		t.Error(err)
	}
	if !strings.HasPrefix(r.Signed, ledger.LogName+"\n4\n") {
		t.Errorf("head is %q", r.Signed)
	}
}

// What somebody without the log's key puts behind the last entry, a start does not take for the server's own.
func TestForeignTailIsNotSigned(t *testing.T) {
	o := newOffice(t)
	o.newKey("eve")
	// The best heads that she has: the present one, an old one, and one by another key.
	for _, head := range []string{o.log.Head(), o.headOf(o.logPrivate), newOffice(t).log.Head()} {
		s := o.storage.copy()
		text := "officer_added 2026-01-31T13:00:00Z\nkey " + o.public["eve"] + "\n"
		frame := fmt.Sprintf("entry 2 %d %d\n%s%s\n", len(text), len(head), text, head)
		if err := s.Append("entries", []byte(frame)); err != nil {
			t.Fatal(err)
		}
		log, err := ledger.Open(s, o.logPrivate)
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := log.Officers().Key("eve"); ok {
			t.Error("eve made herself an officer")
		}
		if !bytes.Equal(s.files["entries"], o.storage.files["entries"]) {
			t.Error("her entry is still there")
		}
	}
}

// headOf gives the head of an empty log with this key.
func (o *office) headOf(private string) string {
	o.t.Helper()
	log, err := ledger.Open(newMemory(), private)
	if err != nil {
		o.t.Fatal(err)
	}
	return log.Head()
}

// grown proves and verifies that a report's log grew out of a kept head.
func grown(kept string, r *ledger.Report, logKey string) error {
	proof, err := r.ProveGrowth(kept, logKey)
	if err != nil {
		return err
	}
	_, _, err = ledger.VerifyGrowth(kept, proof, logKey)
	return err
}
