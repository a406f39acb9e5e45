package edge

import (
	"context"
	"errors"
	"strconv"

	"github.com/valyala/fasthttp"

	"github.com/lotse-edge/lotse/edge/profile"
	"github.com/lotse-edge/lotse/edge/tenant"
	"github.com/lotse-edge/lotse/runtime"
)

// problemOf is the one place where an error becomes an HTTP status.
func problemOf(err error) *problem {
	var (
		p         *problem
		invalid   *tenant.InvalidError
		admission *runtime.AdmissionError
	)
	switch {
	case errors.As(err, &p):
		return p
	case errors.As(err, &invalid):
		p = newProblem(422, "invalid-tenant", "The tenant's folder was not applied", "Nothing was changed. See errors for each place.")
		for _, f := range invalid.Problems {
			p.Errors = append(p.Errors, findingOf(f))
		}
		return p
	case errors.As(err, &admission):
		p = newProblem(422, "invalid-module", "The rule module was not admitted", "Nothing was changed. See errors for each finding.")
		for _, f := range admission.Findings {
			p.Errors = append(p.Errors, Finding{File: "rules/" + admission.Module + ".wasm", Pointer: f.Where, Detail: f.Message, Suggestion: f.Remedy})
		}
		return p
	case errors.Is(err, context.Canceled):
		return newProblem(503, "stopping", "The server is stopping", "Nothing was stored. Try again.").retry(5)
	case errors.Is(err, profile.ErrBusy), errors.Is(err, context.DeadlineExceeded):
		return newProblem(503, "busy", "Too much is going on", "Nothing was stored. Try again.").retry(1)
	case errors.Is(err, profile.ErrFailed), errors.Is(err, profile.ErrClosed):
		return newProblem(503, "store", "The profile store does not answer", "What was sent may or may not be stored. Send it again.").retry(5)
	case errors.Is(err, profile.ErrFull):
		return newProblem(422, "full", "A bound of the store is reached", "Nothing was stored.")
	default:
		return newProblem(500, "internal", "Something went wrong on this server", "The error is in the server's log.")
	}
}

// answerError answers an error, and logs those that the operator must see. A store that failed answers nothing any more: the
// process has to be started again, and until then it says that it is not ready.
func (s *Server) answerError(ctx *fasthttp.RequestCtx, route string, err error) {
	p := problemOf(err)
	failed := errors.Is(err, profile.ErrFailed)
	if failed {
		s.ready.Store(false)
	}
	if failed || p.Status == 500 {
		s.config.Log.Error("call failed", "route", route, "error", err)
	}
	p.write(ctx)
}

// statusText names a status in metrics.
func statusText(status int) string { return strconv.Itoa(status) }
