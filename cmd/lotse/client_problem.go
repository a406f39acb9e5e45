package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// problem is an error answer of the server (RFC 9457).
type problem struct {
	Type   string         `json:"type"` // an address whose end is a word, such as /no-shadow
	Title  string         `json:"title"`
	Status int            `json:"status"`
	Detail string         `json:"detail"`
	Errors []problemEntry `json:"errors"`

	retryAfter time.Duration
}

// problemEntry is one thing that is wrong: in a body (pointer), or in a tenant's folder (file and line).
type problemEntry struct {
	Pointer    string `json:"pointer"`
	File       string `json:"file"`
	Line       int    `json:"line"`
	Column     int    `json:"column"`
	Detail     string `json:"detail"`
	Suggestion string `json:"suggestion"`
}

func (p *problem) Error() string {
	first := fmt.Sprintf("the server answers %d", p.Status)
	if p.Title != "" {
		first += " " + p.Title
	}
	if p.Detail != "" {
		first += ": " + p.Detail
	}
	lines := []string{first}
	for _, e := range p.Errors {
		lines = append(lines, e.line())
	}
	return strings.Join(lines, "\n  ")
}

// line is an entry as compilers write it: file:line:column: place: message (suggestion).
func (e problemEntry) line() string {
	text := e.Detail
	if e.Pointer != "" {
		text = e.Pointer + ": " + text
	}
	switch {
	case e.File != "" && e.Column > 0:
		text = fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, text)
	case e.File != "" && e.Line > 0:
		text = fmt.Sprintf("%s:%d: %s", e.File, e.Line, text)
	case e.File != "":
		text = e.File + ": " + text
	}
	if e.Suggestion != "" {
		text += " (" + e.Suggestion + ")"
	}
	return text
}

// is tells a problem by the word that its type ends in.
func (p *problem) is(word string) bool { return strings.HasSuffix(p.Type, "/"+word) }

func readProblem(response *http.Response) *problem {
	p := &problem{}
	// The status counts more than the body: what is not a problem document is left out.
	if raw, err := io.ReadAll(io.LimitReader(response.Body, maxProblem)); err == nil && json.Unmarshal(raw, p) != nil {
		p = &problem{}
	}
	p.Status = response.StatusCode
	if p.Title == "" {
		p.Title = http.StatusText(response.StatusCode)
	}
	if seconds, err := strconv.Atoi(response.Header.Get("Retry-After")); err == nil && seconds > 0 {
		p.retryAfter = time.Duration(seconds) * time.Second
	}
	return p
}
