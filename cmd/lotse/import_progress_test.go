package main

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestProgress(t *testing.T) {
	f := func(terminal bool, steps []time.Duration, want string) {
		t.Helper()
		env := testEnvironment("")
		env.terminal = terminal
		clock := env.now()
		env.now = func() time.Time { return clock }
		p := newProgress(env, 1000)
		counted := newTally()
		for i, d := range steps {
			clock = clock.Add(d)
			counted.rows, counted.failed = 100*(i+1), i
			p.tell(counted, int64(250*(i+1)))
		}
		p.end()
		if d := cmp.Diff(want, env.stderr.(*bytes.Buffer).String()); d != "" {
			t.Errorf("terminal %v (-want +got):\n%s", terminal, d)
		}
	}
	f(true, []time.Duration{time.Second, time.Millisecond, time.Second}, "\r[######                  ]  25 %  100 rows, 0 failed, 100 rows a second\x1b[K"+
		"\r[##################      ]  75 %  300 rows, 2 failed, 150 rows a second\x1b[K\r\x1b[K")
	f(false, []time.Duration{time.Second, 4 * time.Second, time.Second}, " 50 %  200 rows, 1 failed, 40 rows a second\n")
	f(true, []time.Duration{time.Millisecond}, "")
	// A file that grew while it was read is not more than whole.
	f(false, []time.Duration{0, 0, 0, 0, 10 * time.Second}, "100 %  500 rows, 4 failed, 50 rows a second\n")
}
