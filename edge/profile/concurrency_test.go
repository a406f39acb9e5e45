package profile_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lotse-edge/lotse/edge/profile"
)

// TestNoUpdateIsLost has many writers on few visitors: each adds one, and all must be there.
func TestNoUpdateIsLost(t *testing.T) {
	run := func(name string, c profile.Config, writers, rounds int) {
		t.Run(name, func(t *testing.T) {
			c.Hot = 1500 // a few profiles only: entries come and go
			s := open(t, c)
			const visitors = 5
			var wait sync.WaitGroup
			var counts [visitors]int
			var mu sync.Mutex
			for w := range writers {
				wait.Go(func() {
					rnd := rand.New(rand.NewPCG(uint64(w), 1))
					for range rounds {
						n := rnd.IntN(visitors)
						u, err := s.Begin(context.Background(), "winery", visitor(n))
						if err != nil {
							t.Error(err)
							return
						}
						p := u.Profile()
						before := 0.0
						if v := p.Value(1); v != nil {
							before = v.Value.Number
						}
						p.SetValue(profile.Stored{Field: 1, Value: profile.NumberValue(before + 1), At: profile.At(time.Now()), Grants: forever})
						u.Emit(profile.Transition{Visitor: p.ID, At: profile.At(time.Now()), Kind: "count"})
						switch rnd.IntN(4) {
						case 0:
							u.Release()
							continue
						case 1:
							u.CommitEarly()
						default:
							if err := u.Commit(context.Background()); err != nil {
								t.Error(err)
							}
							q, ok, err := s.Read(context.Background(), "winery", visitor(n))
							if err != nil || !ok || q.Value(1).Value.Number < before+1 {
								t.Errorf("after the commit it is not read: %v, %v", ok, err)
							}
						}
						mu.Lock()
						counts[n]++
						mu.Unlock()
					}
				})
			}
			wait.Wait()
			for n := range visitors {
				commit(t, begin(t, s, "winery", n)) // waits for what is still on its way
				p := read(t, s, "winery", n)
				if p == nil || int(p.Value(1).Value.Number) != counts[n] || p.TransitionCount() != counts[n] {
					t.Errorf("visitor %d: %+v, want %d", n, p, counts[n])
				}
			}
		})
	}
	maps := profile.Config{Shards: 3}
	profile.OnMaps(&maps)
	run("map", maps, 16, 300)
	run("badger", profile.Config{Shards: 2, Dir: t.TempDir()}, 16, 40)
}

func TestOneWriterAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := profile.Config{Shards: 1, Wait: time.Second}
		profile.OnMaps(&c)
		s, err := profile.Open(c)
		if err != nil {
			t.Fatal(err)
		}
		ctx := context.Background()
		u := begin(t, s, "winery", 1)
		if _, err := s.Begin(ctx, "winery", visitor(1)); !errors.Is(err, profile.ErrBusy) {
			t.Errorf("a second writer: %v", err)
		}
		short, cancel := context.WithTimeout(ctx, time.Millisecond)
		defer cancel()
		if _, err := s.Begin(short, "winery", visitor(1)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a second writer whose time is over: %v", err)
		}
		begin(t, s, "winery", 2).Release()
		func() { // a writer that panics
			defer func() { recover() }() //nolint:errcheck // the panic is ours
			defer u.Release()
			u.Profile().SetValue(profile.Stored{Field: 1, Value: profile.TextValue("x"), Grants: coarse})
		}()
		u = begin(t, s, "winery", 1)
		cancelled, cancel := context.WithCancel(ctx)
		cancel()
		u.Profile().SetValue(text(1, "x", forever))
		if err := u.Commit(cancelled); err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("a commit nobody waits for: %v", err)
		}
		u.Release()
		commit(t, begin(t, s, "winery", 1))
		if read(t, s, "winery", 1).Value(1) == nil {
			t.Error("the update is lost")
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if _, err := s.Begin(ctx, "winery", visitor(1)); !errors.Is(err, profile.ErrClosed) {
			t.Errorf("after Close: %v", err)
		}
	})
}

func TestNothingIsWrittenForNothing(t *testing.T) {
	c := profile.Config{Shards: 1}
	engines := profile.OnMaps(&c)
	s := open(t, c)
	rows := func(want int) {
		t.Helper()
		if got := engines()[0].Len() - 1; got != want { // one row says which shard it is
			t.Errorf("%d rows, want %d", got, want)
		}
	}
	u := begin(t, s, "winery", 1)
	u.Profile().Ask(3)
	u.Emit(profile.Transition{Kind: "stage"})
	commit(t, u)
	rows(0)
	u = begin(t, s, "winery", 1)
	u.Profile().SetValue(text(1, "never granted", nil))
	u.Profile().AddEvent(1, profile.Event{Hash: 1})
	commit(t, u)
	rows(0)
	u = begin(t, s, "winery", 1)
	u.Profile().SetValue(text(1, "x", forever))
	commit(t, u)
	rows(1)
	engines()[0].Fail(errors.New("nothing may be written now"))
	u = begin(t, s, "winery", 1)
	u.Profile().SetValue(text(1, "x", forever))
	commit(t, u)
	if err := <-begin(t, s, "winery", 1).CommitEarly(); err != nil {
		t.Error(err)
	}
	engines()[0].Fail(nil)
	u = begin(t, s, "winery", 1)
	u.Profile().RemoveValue(1)
	commit(t, u)
	rows(2) // the erasure and the tombstone
	if read(t, s, "winery", 1) != nil {
		t.Error("an empty profile is kept")
	}
}

// TestAFailedCommitEndsTheShard: what a failed commit left in the engine is not read, and nothing is acknowledged after it.
func TestAFailedCommitEndsTheShard(t *testing.T) {
	c := profile.Config{Shards: 1}
	engines := profile.OnMaps(&c)
	s := open(t, c)
	u := begin(t, s, "winery", 1)
	u.Profile().SetValue(text(1, "first", forever))
	commit(t, u)
	cause := errors.New("the disk is gone")
	engines()[0].Fail(cause)
	u = begin(t, s, "winery", 1)
	u.Profile().SetValue(text(1, "second", forever))
	if err := u.Commit(t.Context()); !errors.Is(err, profile.ErrFailed) || !errors.Is(err, cause) {
		t.Errorf("the commit: %v", err)
	}
	engines()[0].Fail(nil)
	if _, _, err := s.Read(t.Context(), "winery", visitor(1)); !errors.Is(err, profile.ErrFailed) {
		t.Errorf("a read after it: %v", err)
	}
	if _, err := s.Begin(t.Context(), "winery", visitor(2)); !errors.Is(err, profile.ErrFailed) {
		t.Errorf("a writer after it: %v", err)
	}
	if err := s.Erase(t.Context(), "winery", visitor(1)); !errors.Is(err, profile.ErrFailed) {
		t.Errorf("an erasure after it: %v", err)
	}
	if err := s.Each(t.Context(), "winery", func(*profile.Profile) error { return nil }); !errors.Is(err, profile.ErrFailed) {
		t.Errorf("Each after it: %v", err)
	}
}

// TestUpdatesInTheQueue: the next writer sees an update that is not on the disk yet, a reader does not, and nobody is told
// that something is stored which rests on it before it is.
func TestUpdatesInTheQueue(t *testing.T) {
	c := profile.Config{Shards: 1, Queue: 2}
	engines := profile.OnMaps(&c)
	s := open(t, c)
	release := engines()[0].Hold()
	set := func(n int, value string) <-chan error {
		u := begin(t, s, "winery", n)
		u.Profile().SetValue(text(1, value, forever))
		return u.CommitEarly()
	}
	first := set(1, "a")
	u := begin(t, s, "winery", 1)
	if v := u.Profile().Value(1); v == nil || v.Value.Text != "a" {
		t.Errorf("the next writer has %+v", v)
	}
	same := u.CommitEarly() // changes nothing, but has seen what is not stored yet
	if read(t, s, "winery", 1) != nil {
		t.Error("a reader sees what is not stored yet")
	}
	var queued []<-chan error
	for n := 2; ; n++ {
		c := set(n, "b")
		if len(c) == 0 {
			queued = append(queued, c)
			continue
		}
		if err := <-c; !errors.Is(err, profile.ErrBusy) {
			t.Errorf("a full queue: %v", err)
		}
		break
	}
	if len(queued) < 1 || len(queued) > 4 { // the first may still be in the queue, or be with the engine already
		t.Errorf("%d updates fit into a queue of 2", len(queued))
	}
	if len(first) != 0 || len(same) != 0 {
		t.Error("an update is acknowledged before it is stored")
	}
	release()
	for _, c := range append(queued, first, same) {
		if err := <-c; err != nil {
			t.Error(err)
		}
	}
	if read(t, s, "winery", 1) == nil || read(t, s, "winery", 2+len(queued)) != nil {
		t.Error("what was acknowledged is not there, or what was refused is")
	}
}

// TestErasureInTheQueue erases what is not on the disk yet, and begins the next life before the erasure is.
func TestErasureInTheQueue(t *testing.T) {
	c := profile.Config{Shards: 1}
	engines := profile.OnMaps(&c)
	s := open(t, c)
	release := engines()[0].Hold()
	u := begin(t, s, "winery", 1)
	u.Profile().SetValue(text(1, "old", forever))
	u.Profile().Record(profile.Consent{Purpose: 1, Method: "old"})
	u.Emit(profile.Transition{At: 1, Kind: "old"})
	old := u.CommitEarly()
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Erase(cancelled, "winery", visitor(1)); !errors.Is(err, context.Canceled) {
		t.Errorf("an erasure nobody waits for: %v", err)
	}
	u = begin(t, s, "winery", 1)
	if u.Existed() || !u.Profile().Empty() {
		t.Errorf("after the erasure there is %+v", u.Profile())
	}
	u.Profile().SetValue(text(2, "new", forever))
	u.Profile().Record(profile.Consent{Purpose: 1, Method: "new"})
	young := u.CommitEarly()
	release()
	if err := errors.Join(<-old, <-young); err != nil {
		t.Fatal(err)
	}
	p := read(t, s, "winery", 1)
	if p == nil || p.Value(1) != nil || p.Value(2) == nil {
		t.Errorf("read %+v", p)
	}
	if h, err := s.ConsentHistory(t.Context(), "winery", visitor(1)); err != nil || len(h) != 1 || h[0].Method != "new" {
		t.Errorf("history %+v, %v", h, err)
	}
	if list, err := s.Transitions(t.Context(), "winery", 9); err != nil || len(list) != 0 {
		t.Errorf("transitions %+v, %v", list, err)
	}
}
