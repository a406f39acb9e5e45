package main

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

// testEnvironment is an environment of its own: a working folder, empty streams, no variables, a clock that stands.
func testEnvironment(dir string) *environment {
	return &environment{
		getenv: func(string) string { return "" },
		stdin:  strings.NewReader(""),
		stdout: &bytes.Buffer{},
		stderr: &bytes.Buffer{},
		now:    func() time.Time { return time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC) },
		dir:    dir,
	}
}

func TestAddressOfAServer(t *testing.T) {
	f := func(address string, ok bool, warned bool) {
		t.Helper()
		env := testEnvironment("")
		_, err := newClient(env, address, "secret", 1)
		if (err == nil) != ok {
			t.Errorf("%s: %v", address, err)
		}
		if got := env.stderr.(*bytes.Buffer).Len() > 0; got != warned {
			t.Errorf("%s: warned %v", address, got)
		}
	}
	f("http://127.0.0.1:8080", true, false)
	f("http://localhost:8080/", true, false)
	f("http://[::1]:8080", true, false)
	f("https://edge.example", true, false)
	f("http://edge.example", true, true)
	f("127.0.0.1:8080", false, false)
	f("ftp://edge.example", false, false)
	f("http://user:pass@edge.example", false, false)
	f("", false, false)
}
