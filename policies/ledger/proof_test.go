package ledger_test

import (
	"crypto/rand"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lotse-edge/lotse/policies/ledger"
)

// grow makes a log of n entries, with the head after each.
func grow(t testing.TB, n int) (*office, *ledger.Report, []string) {
	t.Helper()
	o := newOffice(t)
	heads := []string{o.log.Head()}
	for i := 2; i < n; i++ {
		o.approve(release(byte(i), 0, 0), "anna")
		heads = append(heads, o.log.Head())
	}
	return o, o.verify(), heads
}

func TestEveryEntryIsProved(t *testing.T) {
	o, r, _ := grow(t, 14)
	for n := range r.Head.Size {
		proof, err := r.ProveEntry(n)
		if err != nil {
			t.Fatal(err)
		}
		e, head, err := ledger.VerifyProof(proof, o.logPublic)
		if err != nil || head != r.Head {
			t.Fatalf("entry %d: %v", n, err)
		}
		want := r.Entries[n]
		want.Approval.Key = "" // a proof does not tell who was an officer
		if diff := cmp.Diff(want, e); diff != "" {
			t.Error(diff)
		}
	}
	for _, n := range []int64{-1, 14} {
		_, err := r.ProveEntry(n)
		wants(t, err, "has no entry")
	}
}

func TestFalseProofs(t *testing.T) {
	o, r, _ := grow(t, 6)
	proof, err := r.ProveEntry(4)
	if err != nil {
		t.Fatal(err)
	}
	_, other, err := ledger.NewLogKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := ledger.VerifyProof(proof, other); err == nil {
		t.Error("it verifies with another log's key")
	}
	for i := range len(proof) {
		changed := proof[:i] + string(proof[i]^1) + proof[i+1:]
		if _, _, err := ledger.VerifyProof(changed, o.logPublic); err == nil {
			t.Fatalf("byte %d changed: verifies", i)
		}
		if _, _, err := ledger.VerifyProof(proof[:i], o.logPublic); err == nil {
			t.Fatalf("cut after %d bytes: verifies", i)
		}
	}
	_, _, err = ledger.VerifyProof(strings.Replace(proof, "entry 4", "entry 5", 1), o.logPublic)
	wants(t, err, "not in the log")
	_, _, err = ledger.VerifyProof(strings.Replace(proof, "path 2", "path 65", 1), o.logPublic)
	wants(t, err, "at most 64")
	_, _, err = ledger.VerifyProof(strings.Repeat(" ", 1<<20), o.logPublic)
	wants(t, err, "longer than")
}

func TestEveryGrowthIsProved(t *testing.T) {
	o, _, heads := grow(t, 11)
	empty, err := ledger.Open(newMemory(), o.logPrivate)
	if err != nil {
		t.Fatal(err)
	}
	r := o.verify()
	for _, kept := range append(heads, empty.Head()) {
		proof, err := r.ProveGrowth(kept, o.logPublic)
		if err != nil {
			t.Fatal(err)
		}
		from, to, err := ledger.VerifyGrowth(kept, proof, o.logPublic)
		if err != nil || to != r.Head || from.Size > to.Size {
			t.Fatalf("from %d to %d: %v", from.Size, to.Size, err)
		}
		if kept == empty.Head() {
			continue // nothing is the beginning of every log, and of the whole log too
		}
		for _, other := range heads {
			if _, _, err := ledger.VerifyGrowth(other, proof, o.logPublic); (err == nil) != (other == kept) {
				t.Fatalf("the proof for one head checked with another: %v", err)
			}
		}
	}
	_, shorter, _ := grow(t, 3)
	_, err = shorter.ProveGrowth(heads[4], o.logPublic)
	wants(t, err, "were lost or taken away")
}

// Whatever proof is taken, what it shows is in the log.
func FuzzVerifyProof(f *testing.F) {
	o, r, _ := grow(f, 5)
	for n := range r.Head.Size {
		proof, err := r.ProveEntry(n)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(proof)
	}
	f.Fuzz(func(t *testing.T, proof string) {
		e, head, err := ledger.VerifyProof(proof, o.logPublic)
		if err != nil {
			return
		}
		if again, err := r.ProveEntry(e.Number); err != nil || head != r.Head || again != proof {
			t.Fatalf("entry %d is proved by a text of another form", e.Number)
		}
	})
}

// Hostile files end in an error, or in a log whose head is the signed one.
func FuzzVerify(f *testing.F) {
	o, r, _ := grow(f, 5)
	s := o.storage
	f.Add(s.files["head"], s.files["entries"], s.files["hashes"])
	f.Add(s.files["head"], append(s.files["entries"], "entry 5 3\nab\n\n"...), s.files["hashes"])
	f.Fuzz(func(t *testing.T, head, entries, hashes []byte) {
		m := newMemory()
		m.files["head"], m.files["entries"], m.files["hashes"] = head, entries, hashes
		got, err := ledger.Verify(m, o.logPublic)
		if err == nil && got.Head != r.Head {
			t.Fatal("a log verifies that nobody signed")
		}
	})
}
