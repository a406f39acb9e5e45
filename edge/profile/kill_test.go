package profile_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lotse-edge/lotse/edge/profile"
)

// killDir in the environment makes the test binary the child of TestKill: it writes and acknowledges until it is killed.
const killDir = "LOTSE_PROFILE_KILL_DIR"

const killVisitors = 12

func TestMain(m *testing.M) {
	if dir := os.Getenv(killDir); dir != "" {
		fmt.Fprintln(os.Stderr, writeUntilKilled(dir))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// writeUntilKilled adds one to a visitor's number, with one transition that tells the new number, and acknowledges on
// standard output what is committed.
func writeUntilKilled(dir string) error {
	s, err := profile.Open(profile.Config{Dir: dir, Shards: 2})
	if err != nil {
		return err
	}
	errs := make(chan error)
	var out sync.Mutex
	for w := range 8 {
		go func() {
			rnd := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), uint64(w)))
			for {
				n := rnd.IntN(killVisitors)
				u, err := s.Begin(context.Background(), "winery", visitor(n))
				if err != nil {
					errs <- err
					return
				}
				next := addOne(u)
				if err := u.Commit(context.Background()); err != nil {
					errs <- err
					return
				}
				out.Lock()
				fmt.Printf("%d %d\n", n, next)
				out.Unlock()
			}
		}()
	}
	return <-errs
}

func addOne(u *profile.Update) int {
	p := u.Profile()
	next := 1
	if v := p.Value(1); v != nil {
		next = int(v.Value.Number) + 1
	}
	p.SetValue(profile.Stored{Field: 1, Value: profile.NumberValue(float64(next)), At: profile.At(time.Now()), Grants: forever})
	u.Emit(profile.Transition{Visitor: p.ID, At: profile.Millis(next), Kind: "count", To: fmt.Sprint(next)})
	return next
}

// TestKill kills a writing process at random moments. After each time, every acknowledged update is there, and a profile
// and its transitions are of one age.
func TestKill(t *testing.T) {
	dir := t.TempDir()
	acknowledged := make(map[int]int)
	rnd := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 1))
	total := 0
	for round := range 20 {
		child := exec.Command(os.Args[0], "-test.run=^$")
		child.Env = append(os.Environ(), killDir+"="+dir)
		var complaint strings.Builder
		child.Stderr = &complaint
		pipe, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(pipe)
		var killer *time.Timer
		for lines.Scan() {
			if killer == nil { // it is open and writes
				killer = time.AfterFunc(time.Duration(rnd.IntN(300))*time.Millisecond, func() { child.Process.Kill() }) //nolint:errcheck // it may have ended
			}
			var n, count int
			if _, err := fmt.Sscanf(lines.Text(), "%d %d", &n, &count); err == nil && strings.Count(lines.Text(), " ") == 1 {
				acknowledged[n] = max(acknowledged[n], count)
				total++
			}
		}
		child.Wait() //nolint:errcheck // it was killed
		if killer == nil {
			t.Fatalf("round %d: the child wrote nothing: %s", round, complaint.String())
		}
		checkAfterKill(t, dir, round, acknowledged)
	}
	t.Logf("%d updates acknowledged", total)
}

func checkAfterKill(t *testing.T, dir string, round int, acknowledged map[int]int) {
	s, err := profile.Open(profile.Config{Dir: dir})
	if err != nil {
		t.Fatalf("round %d: %v", round, err)
	}
	defer s.Close() //nolint:errcheck // the next round opens it again
	list, err := s.Transitions(t.Context(), "winery", 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	told := make(map[profile.VisitorID]map[string]bool)
	for _, tr := range list {
		if told[tr.Visitor] == nil {
			told[tr.Visitor] = make(map[string]bool)
		}
		told[tr.Visitor][tr.To] = true
	}
	for n := range killVisitors {
		have := 0
		if p := read(t, s, "winery", n); p != nil {
			have = int(p.Value(1).Value.Number)
		}
		if have < acknowledged[n] {
			t.Fatalf("round %d: visitor %d has %d updates, %d were acknowledged", round, n, have, acknowledged[n])
		}
		if got := told[visitor(n)]; len(got) != have || have > 0 && (!got["1"] || !got[fmt.Sprint(have)]) {
			t.Fatalf("round %d: visitor %d has %d updates and %d transitions", round, n, have, len(got))
		}
	}
}
