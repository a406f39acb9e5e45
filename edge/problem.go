package edge

import (
	"encoding/json"
	"strconv"

	"github.com/valyala/fasthttp"

	"github.com/lotse-edge/lotse/edge/tenant"
)

// problem is an error as a client sees it: RFC 9457, application/problem+json. It says what is wrong and where, and never
// repeats what the client sent.
type problem struct {
	Type   string    `json:"type"`
	Title  string    `json:"title"`
	Status int       `json:"status"`
	Detail string    `json:"detail,omitempty"`
	Errors []Finding `json:"errors,omitempty"`

	retryAfter int // seconds; 0: none
}

// Finding is one thing that is wrong: in a JSON body by pointer (RFC 6901), in a tenant's folder by file and line.
type Finding struct {
	Pointer    string `json:"pointer,omitempty"`
	File       string `json:"file,omitempty"`
	Line       int    `json:"line,omitempty"`
	Column     int    `json:"column,omitempty"`
	Detail     string `json:"detail"`
	Suggestion string `json:"suggestion,omitempty"`
}

// findingOf is a problem in a tenant's folder.
func findingOf(p tenant.Problem) Finding {
	return Finding{Pointer: p.Path, File: p.File, Line: p.Line, Column: p.Column, Detail: p.Message, Suggestion: p.Suggestion}
}

func (p *problem) Error() string { return strconv.Itoa(p.Status) + " " + p.Title + ": " + p.Detail }

// newProblem makes a problem of a kind; the kind is the last part of its type URI and the title is for people.
func newProblem(status int, kind, title, detail string) *problem {
	return &problem{Type: "https://lotse.dev/problems/" + kind, Title: title, Status: status, Detail: detail}
}

// at adds a finding in the body.
func (p *problem) at(pointer, detail string) *problem {
	p.Errors = append(p.Errors, Finding{Pointer: pointer, Detail: detail})
	return p
}

// retry tells the client when to try again.
func (p *problem) retry(seconds int) *problem {
	p.retryAfter = seconds
	return p
}

// write sends the problem.
func (p *problem) write(ctx *fasthttp.RequestCtx) {
	body, err := json.Marshal(p)
	if err != nil {
		panic("BUG: encode a problem: " + err.Error())
	}
	ctx.Response.ResetBody()
	ctx.SetStatusCode(p.Status)
	ctx.SetContentType("application/problem+json")
	ctx.Response.Header.Set("Cache-Control", "no-store")
	if p.retryAfter > 0 {
		ctx.Response.Header.Set("Retry-After", strconv.Itoa(p.retryAfter))
	}
	ctx.SetBody(append(body, '\n'))
}

func invalidBody(pointer, detail string) *problem {
	return newProblem(400, "invalid-body", "The body is not what this call takes", "See errors for the place.").at(pointer, detail)
}

func invalidHeader(name, detail string) *problem {
	return newProblem(400, "invalid-header", "A header is not valid", name+": "+detail)
}

func unauthorized(detail string) *problem {
	return newProblem(401, "unauthorized", "A key is needed", detail)
}

func forbidden(detail string) *problem {
	return newProblem(403, "forbidden", "Not allowed", detail)
}

func notFound(detail string) *problem {
	return newProblem(404, "not-found", "There is no such thing here", detail)
}
