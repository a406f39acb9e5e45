package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"
)

// sender posts rows, and sends again what a busy or absent server did not take. Sending a row twice is harmless: its events
// have ids, and fields and consents are set, not added.
type sender struct {
	client *client
	wait   func(context.Context, time.Duration) error
}

// Retries of one row: after a tenth of a second, doubling up to five seconds; about half a minute in all.
const (
	maxAttempts   = 10
	firstBackoff  = 100 * time.Millisecond
	maxBackoff    = 5 * time.Second
	maxRetryAfter = time.Minute
)

// rowAnswer is what the import reads of an answer of POST /v1/decide.
type rowAnswer struct {
	Verdicts []rowVerdict      `json:"verdicts"`
	Reasons  map[string]string `json:"reasons"`
}

type rowVerdict struct {
	Event   string         `json:"event"`
	Part    string         `json:"part"`
	Verdict string         `json:"verdict"`
	Reasons []string       `json:"reasons"`
	Fields  []fieldOutcome `json:"fields"`
}

type fieldOutcome struct {
	Field   string   `json:"field"`
	Verdict string   `json:"verdict"`
	Reasons []string `json:"reasons"`
}

// refused is a row that the server understood and did not take: sending it again would not help, the next row may do.
type refused struct{ problem *problem }

func (r *refused) Error() string {
	if len(r.problem.Errors) == 0 {
		return fmt.Sprintf("%d %s", r.problem.Status, firstOf(r.problem.Detail, r.problem.Title))
	}
	var places []string
	for _, e := range r.problem.Errors {
		places = append(places, e.line())
	}
	return fmt.Sprintf("%d %s", r.problem.Status, strings.Join(places, "; "))
}

// post sends one row. A *refused error is about this row; any other error ends the import.
func (s *sender) post(ctx context.Context, body []byte) (answer *rowAnswer, retries int, err error) {
	for ; ; retries++ {
		answer = &rowAnswer{}
		err = s.client.call(ctx, http.MethodPost, "/v1/decide", nil, "application/json", body, answer)
		if err == nil {
			return answer, retries, nil
		}
		if ctx.Err() != nil {
			return nil, retries, context.Cause(ctx)
		}
		again, after := retryable(err)
		switch {
		case !again && rowsFault(err):
			return nil, retries, &refused{errOf[*problem](err)}
		case !again:
			return nil, retries, err
		case retries+1 == maxAttempts:
			return nil, retries, fmt.Errorf("gave up after %d attempts: %w", maxAttempts, err)
		}
		if err := s.wait(ctx, max(backoff(retries), min(after, maxRetryAfter))); err != nil {
			return nil, retries, err
		}
	}
}

// retryable tells whether the same request may be taken later, and how long the server asks to wait.
func retryable(err error) (again bool, after time.Duration) {
	if _, ok := errors.AsType[*unreachable](err); ok {
		return true, 0
	}
	p, ok := errors.AsType[*problem](err)
	if !ok {
		return false, 0
	}
	switch p.Status {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true, p.retryAfter
	}
	return false, 0
}

// rowsFault tells a problem of one row from one that every row would meet: a wrong key, a wrong address.
func rowsFault(err error) bool {
	p, ok := errors.AsType[*problem](err)
	if !ok {
		return false
	}
	switch p.Status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed:
		return false
	}
	return p.Status >= 400
}

func errOf[E error](err error) E {
	e, _ := errors.AsType[E](err)
	return e
}

// backoff doubles, and is spread over its upper half so that many senders do not come back at once.
func backoff(retries int) time.Duration {
	d := min(maxBackoff, firstBackoff<<min(retries, 16))
	return d/2 + rand.N(d/2+1)
}

// sleep waits, or ends early with the context.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
