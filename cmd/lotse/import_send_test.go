package main

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// script answers calls one by one, the last answer for good. An answer of 0 breaks the connection.
type script struct {
	answers    []int
	retryAfter int
	calls      int
}

func (s *script) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	status := s.answers[min(s.calls, len(s.answers)-1)]
	s.calls++
	if status == 0 {
		panic(http.ErrAbortHandler)
	}
	if s.retryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(s.retryAfter))
	}
	w.WriteHeader(status)
	if _, err := w.Write([]byte(`{"verdicts":[]}`)); err != nil {
		return
	}
}

// post sends one row to a server that follows a script; waits tells how long the sender wanted to wait.
func post(t *testing.T, s *script) (waits []time.Duration, retries int, err error) {
	t.Helper()
	server := httptest.NewServer(s)
	defer server.Close()
	c, err := newClient(testEnvironment(""), server.URL, "secret", 1)
	if err != nil {
		t.Fatal(err)
	}
	_, retries, err = (&sender{c, func(_ context.Context, d time.Duration) error {
		waits = append(waits, d)
		return nil
	}}).post(t.Context(), []byte("{}"))
	return waits, retries, err
}

func TestWhatIsSentAgain(t *testing.T) {
	const (
		taken = "taken"
		row   = "row"
		all   = "all"
	)
	f := func(name string, answers []int, want string, wantCalls int) {
		t.Helper()
		s := &script{answers: answers}
		_, retries, err := post(t, s)
		got := taken
		if _, ok := errors.AsType[*refused](err); ok {
			got = row
		} else if err != nil {
			got = all
		}
		if got != want || s.calls != wantCalls || (got == taken && retries != wantCalls-1) {
			t.Errorf("%s: %s after %d calls and %d retries (%v), want %s after %d", name, got, s.calls, retries, err, want, wantCalls)
		}
	}
	f("at once", []int{200}, taken, 1)
	f("busy, then taken", []int{503, 429, 502, 504, 200}, taken, 5)
	f("broken connections", []int{0, 0, 200}, taken, 3)
	f("busy for good", []int{503}, all, maxAttempts)
	f("the row is wrong", []int{422}, row, 1)
	f("the row is wrong after a wait", []int{503, 400}, row, 2)
	f("the row breaks the server", []int{500}, row, 1)
	f("the key is wrong", []int{401}, all, 1)
	f("the key may not", []int{403}, all, 1)
	f("not a server of ours", []int{404}, all, 1)
	f("a redirect", []int{302}, all, 1)
}

func TestWaits(t *testing.T) {
	waits, _, err := post(t, &script{answers: []int{503}})
	if err == nil || len(waits) != maxAttempts-1 {
		t.Fatalf("%d waits, %v", len(waits), err)
	}
	limit := firstBackoff
	for i, w := range waits {
		if w < limit/2 || w > limit {
			t.Errorf("wait %d: %v, want %v to %v", i, w, limit/2, limit)
		}
		limit = min(maxBackoff, 2*limit)
	}
	waits, _, err = post(t, &script{answers: []int{503, 200}, retryAfter: 7})
	if d := cmp.Diff([]time.Duration{7 * time.Second}, waits); d != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, d)
	}
	waits, _, err = post(t, &script{answers: []int{503, 200}, retryAfter: 86400})
	if d := cmp.Diff([]time.Duration{maxRetryAfter}, waits); d != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, d)
	}
}

func TestSleepEndsWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("enough")
	cancel(why)
	if err := sleep(ctx, time.Hour); !errors.Is(err, why) {
		t.Error(err)
	}
}
