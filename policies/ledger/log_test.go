package ledger_test

import (
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lotse-edge/lotse/policies/ledger"
)

var start = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

// minute gives the moment so many minutes after the start.
func minute(n int) time.Time { return start.Add(time.Duration(n) * time.Minute) }

// policy makes a digest that a test can name.
func policy(n byte) (d ledger.Digest) {
	if n > 0 {
		d[0], d[31] = n, 1
	}
	return d
}

// release replaces one policy by another, with so many situations widened.
func release(to, from byte, widened int64) ledger.Release {
	return ledger.Release{Policy: policy(to), Sources: policy(to + 100), Replaces: policy(from), Changed: 10, Widened: widened, Narrowed: 3}
}

// office is a log with its keys and two officers, anna and ben.
type office struct {
	t           testing.TB
	storage     *memory
	log         *ledger.Log
	private     map[string]string // by officer
	public      map[string]string
	logPrivate  string
	logPublic   string
	minutesGone int
}

func newOffice(t testing.TB) *office {
	t.Helper()
	o := &office{t: t, storage: newMemory(), private: map[string]string{}, public: map[string]string{}}
	var err error
	o.logPrivate, o.logPublic, err = ledger.NewLogKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	o.open()
	for _, name := range []string{"anna", "ben"} {
		o.newKey(name)
		if _, err := o.log.AddOfficer(o.public[name], o.now()); err != nil {
			t.Fatal(err)
		}
	}
	return o
}

func (o *office) open() {
	o.t.Helper()
	var err error
	if o.log, err = ledger.Open(o.storage, o.logPrivate); err != nil {
		o.t.Fatal(err)
	}
}

// now is one minute later each time.
func (o *office) now() time.Time {
	o.minutesGone++
	return minute(o.minutesGone)
}

func (o *office) newKey(name string) {
	o.t.Helper()
	var err error
	if o.private[name], o.public[name], err = ledger.NewOfficerKey(name, rand.Reader); err != nil {
		o.t.Fatal(err)
	}
}

func (o *office) sign(name string, r ledger.Release, at time.Time) string {
	o.t.Helper()
	text, err := ledger.Sign(o.private[name], ledger.Statement{Release: r, By: name, At: at, Remark: "read all rows"})
	if err != nil {
		o.t.Fatal(err)
	}
	return text
}

func (o *office) approve(r ledger.Release, names ...string) {
	o.t.Helper()
	for _, name := range names {
		at := o.now()
		if _, err := o.log.Approve(o.sign(name, r, at), at); err != nil {
			o.t.Fatal(err)
		}
	}
}

func (o *office) force(r ledger.Release) int64 {
	o.t.Helper()
	n, err := o.log.PutInForce(r, o.now())
	if err != nil {
		o.t.Fatal(err)
	}
	return n
}

func (o *office) verify() *ledger.Report {
	o.t.Helper()
	r, err := ledger.Verify(o.storage, o.logPublic)
	if err != nil {
		o.t.Fatal(err)
	}
	return r
}

// wants fails the test where an error does not say this.
func wants(t testing.TB, err error, text string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), text) {
		t.Errorf("got error %v, want one with %q", err, text)
	}
}

func TestLogTellsWhatWasInForceWhen(t *testing.T) {
	o := newOffice(t)
	first, second := release(1, 0, 10), release(2, 1, 0)
	o.approve(first, "anna", "ben")
	a := o.force(first)
	o.approve(second, "ben")
	b := o.force(second)
	r := o.verify()
	if got := []ledger.Kind{r.Entries[0].Kind, r.Entries[2].Kind, r.Entries[a].Kind}; !cmp.Equal(got, []ledger.Kind{ledger.OfficerAdded, ledger.Approved, ledger.InForce}) {
		t.Errorf("kinds are %v", got)
	}
	if got := r.Entries[a].Approvals; !cmp.Equal(got, []int64{2, 3}) {
		t.Errorf("the first release rests on entries %v, want 2 and 3", got)
	}
	for _, c := range []struct {
		at     time.Time
		policy ledger.Digest
		entry  int64
		ok     bool
	}{
		{start, ledger.Digest{}, 0, false},
		{r.Entries[a].At.Add(-time.Second), ledger.Digest{}, 0, false},
		{r.Entries[a].At, first.Policy, a, true},
		{r.Entries[b].At.Add(-time.Nanosecond), first.Policy, a, true},
		{r.Entries[b].At, second.Policy, b, true},
		{r.Entries[b].At.Add(time.Hour), second.Policy, b, true},
	} {
		policy, entry, ok := r.InForceAt(c.at)
		if policy != c.policy || entry != c.entry || ok != c.ok {
			t.Errorf("at %s: %s by entry %d, %t; want %s, %d, %t", c.at, policy, entry, ok, c.policy, c.entry, c.ok)
		}
	}
	o.open() // a second start sees the same
	if e, ok := o.log.InForce(); e.Release != second || e.Number != b || !ok {
		t.Errorf("after a start %+v is in force, %t", e, ok)
	}
	if o.log.Head() != r.Signed || r.Head.Size != int64(len(r.Entries)) || r.Unsigned {
		t.Errorf("head %q and report differ", o.log.Head())
	}
	if got := o.log.Officers().Names(); !cmp.Equal(got, []string{"anna", "ben"}) {
		t.Errorf("officers are %v", got)
	}
}

func TestLogRefuses(t *testing.T) {
	o := newOffice(t)
	o.newKey("eve")
	first := release(1, 0, 10)
	o.approve(first, "anna", "ben")
	o.force(first)
	next := release(2, 1, 0)
	now := o.now()
	late := o.sign("anna", next, now.Add(time.Hour))
	for _, c := range []struct {
		name, want string
		do         func() (int64, error)
	}{
		{"a stranger", `"eve" is by no key`, func() (int64, error) { return o.log.Approve(o.sign("eve", next, now), now) }},
		{"a changed text", "changed after it was signed", func() (int64, error) {
			return o.log.Approve(strings.Replace(o.sign("anna", next, now), "widened 0", "widened 1", 1), now)
		}},
		{"no note", "no signed text", func() (int64, error) { return o.log.Approve("yes\n", now) }},
		{"from the future", "still to come", func() (int64, error) { return o.log.Approve(late, now) }},
		{"from before the last change", "before the last change of force", func() (int64, error) { return o.log.Approve(o.sign("anna", next, start), now) }},
		{"of another base", "is in force", func() (int64, error) { return o.log.Approve(o.sign("anna", release(3, 2, 0), now), now) }},
		{"a release of another base", "is in force", func() (int64, error) { return o.log.PutInForce(release(3, 2, 0), now) }},
		{"unapproved", "no officer has approved it", func() (int64, error) { return o.log.PutInForce(next, now) }},
		{"time going back", "set the server's clock right", func() (int64, error) { return o.log.AddOfficer(o.public["eve"], start) }},
		{"no key", "not a public key", func() (int64, error) { return o.log.AddOfficer("eve", now) }},
		{"a private key", "private key", func() (int64, error) { return o.log.AddOfficer(o.private["eve"], now) }},
		{"an officer again", "has a key already", func() (int64, error) { return o.log.AddOfficer(o.public["anna"], now) }},
		{"nobody leaves", `no officer "eve"`, func() (int64, error) { return o.log.RemoveOfficer("eve", now) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := o.log.Head()
			_, err := c.do()
			wants(t, err, c.want)
			if o.log.Head() != before {
				t.Error("the log grew")
			}
		})
	}
	var missing *ledger.NotApproved
	if !errors.As(o.log.Check(next), &missing) {
		t.Error("a program cannot tell that approvals are missing")
	}
	o.approve(next, "anna") // and none of it broke the log
	o.force(next)
	o.verify()
}

// A policy, its way back and the same policy again: the old approvals fit by their digests, and still do not count.
func TestOldApprovalsAreVoid(t *testing.T) {
	o := newOffice(t)
	there, back := release(2, 1, 0), release(1, 2, 0)
	o.approve(release(1, 0, 0), "anna")
	o.force(release(1, 0, 0))
	at := o.now()
	used, kept := o.sign("anna", there, at), o.sign("ben", there, at)
	if _, err := o.log.Approve(used, at); err != nil {
		t.Fatal(err)
	}
	o.force(there)
	o.approve(back, "anna")
	o.force(back)
	_, err := o.log.Approve(used, o.now())
	wants(t, err, "holds this approval already")
	_, err = o.log.Approve(kept, o.now())
	wants(t, err, "before the last change of force")
	wants(t, o.log.Check(there), "no officer has approved it")
}

func TestApprovalEndsWithItsOfficer(t *testing.T) {
	o := newOffice(t)
	wide := release(1, 0, 5)
	o.approve(wide, "anna", "ben")
	if err := o.log.Check(wide); err != nil {
		t.Fatal(err)
	}
	if _, err := o.log.RemoveOfficer("ben", o.now()); err != nil {
		t.Fatal(err)
	}
	_, err := o.log.PutInForce(wide, o.now())
	wants(t, err, "only anna has approved it")
	if got := o.log.Waiting(); len(got) != 1 || got[0].By != "anna" {
		t.Errorf("approvals that wait: %v", got)
	}
	o.newKey("ben") // comes back with a new key
	if _, err := o.log.AddOfficer(o.public["ben"], o.now()); err != nil {
		t.Fatal(err)
	}
	o.approve(wide, "ben")
	n := o.force(wide)
	if got := o.verify().Entries[n].Approvals; !cmp.Equal(got, []int64{2, 6}) {
		t.Errorf("it rests on %v, want 2 and 6", got)
	}
}

func TestOnlyOneProcessWrites(t *testing.T) {
	o := newOffice(t)
	other, err := ledger.Open(o.storage, o.logPrivate)
	if err != nil {
		t.Fatal(err)
	}
	o.approve(release(1, 0, 0), "anna")
	before := fmt.Sprint(o.storage.files)
	_, err = other.RemoveOfficer("anna", o.now())
	wants(t, err, "one process at a time")
	_, err = other.RemoveOfficer("anna", o.now())
	wants(t, err, "opened again")
	if fmt.Sprint(o.storage.files) != before {
		t.Error("the second process wrote")
	}
}

func TestLogNeedsItsOwnKey(t *testing.T) {
	o := newOffice(t)
	other, otherPublic, err := ledger.NewLogKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	_, err = ledger.Open(o.storage, other)
	wants(t, err, "no key that is known here")
	_, err = ledger.Verify(o.storage, otherPublic)
	wants(t, err, "no key that is known here")
	_, err = ledger.Open(o.storage, o.private["anna"])
	wants(t, err, "not the private key of a log")
	_, err = ledger.Verify(o.storage, o.public["anna"])
	wants(t, err, ledger.LogName)
	if public, err := ledger.PublicLogKey(o.logPrivate + "\n"); err != nil || public != o.logPublic {
		t.Errorf("public key %q, %v", public, err)
	}
	if _, err := ledger.Verify(newMemory(), o.logPublic); err == nil {
		t.Error("a log that is not there verifies")
	}
}

// A log that grows while it is verified is as it was at one moment.
func TestVerifyWhileTheLogGrows(t *testing.T) {
	o := newOffice(t)
	reader := &memory{files: o.storage.files}
	times := 0
	reader.onRead = func(name string) {
		if name == "hashes" && times > 0 {
			times--
			o.approve(release(byte(10+times), 0, 0), "anna")
			o.approve(release(byte(20+times), 0, 0), "ben")
		}
	}
	times = 2
	r, err := ledger.Verify(reader, o.logPublic)
	if err != nil || r.Head.Size != 6 {
		t.Errorf("got %v, %v; want all 6 entries", r, err)
	}
	times = 9
	_, err = ledger.Verify(reader, o.logPublic)
	wants(t, err, "keeps changing")
}

func TestLogTakesMany(t *testing.T) {
	o := newOffice(t)
	const each = 20
	var wg sync.WaitGroup
	for _, name := range []string{"anna", "ben"} {
		var notes []string
		for i := range each {
			notes = append(notes, o.sign(name, release(byte(i+1), 0, 0), start))
		}
		wg.Go(func() {
			for _, n := range notes {
				if _, err := o.log.Approve(n, minute(10)); err != nil {
					t.Error(err)
				}
				o.log.Waiting()
				o.log.Head()
			}
		})
	}
	wg.Wait()
	if got := o.verify().Head.Size; got != 2+2*each {
		t.Errorf("%d entries, want %d", got, 2+2*each)
	}
}

// Before there ever was an officer, a policy comes into force without approvals; from the first officer on it does not, also when
// all officers are gone again. A policy of the same sources is the same policy.
func TestUngoverned(t *testing.T) {
	private, public, err := ledger.NewLogKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	storage := newMemory()
	log, err := ledger.Open(storage, private)
	if err != nil {
		t.Fatal(err)
	}
	inForce := func(r ledger.Release, n int) error {
		t.Helper()
		_, err := log.PutInForce(r, minute(n))
		return err
	}
	if err := inForce(release(1, 0, 0), 1); err != nil {
		t.Fatal(err)
	}
	if err := inForce(release(2, 1, 5), 2); err != nil {
		t.Fatal(err)
	}
	_, anna, err := ledger.NewOfficerKey("anna", rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := log.AddOfficer(anna, minute(3)); err != nil {
		t.Fatal(err)
	}
	var missing *ledger.NotApproved
	if err := inForce(release(3, 2, 0), 4); !errors.As(err, &missing) {
		t.Errorf("with an officer: %v", err)
	}
	same := release(3, 2, 0)
	same.Sources = policy(102)
	if err := inForce(same, 5); err != nil {
		t.Errorf("the same sources: %v", err)
	}
	if _, err := log.RemoveOfficer("anna", minute(6)); err != nil {
		t.Fatal(err)
	}
	if err := inForce(release(4, 3, 0), 7); !errors.As(err, &missing) {
		t.Errorf("without any officer left: %v", err)
	}
	if _, err := ledger.Verify(storage, public); err != nil {
		t.Errorf("such a log does not verify: %v", err)
	}
}
