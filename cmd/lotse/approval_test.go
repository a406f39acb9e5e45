package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"testing/iotest"
)

// Only a whole word for yes approves; an answer that ends, or cannot be read, does not.
func TestApprovalAsks(t *testing.T) {
	for answer, approved := range map[string]bool{
		"yes\n": true, " yes \r\n": true, "yes": true, "ja\n": true,
		"": false, "\n": false, "y\n": false, "no\n": false, "yes indeed\n": false, "no\nyes\n": false,
	} {
		var asked bytes.Buffer
		a := &approval{env: &environment{stdin: strings.NewReader(answer), stderr: &asked}}
		switch err := a.ask("Sure? ", "yes", "ja"); {
		case approved && err != nil:
			t.Errorf("%q: %v", answer, err)
		case !approved && !errors.Is(err, errNotApproved):
			t.Errorf("%q: %v", answer, err)
		}
		if asked.String() != "Sure? " {
			t.Errorf("%q: asked %q", answer, asked.String())
		}
	}
	broken := errors.New("the terminal is gone")
	a := &approval{env: &environment{stdin: iotest.ErrReader(broken), stderr: &bytes.Buffer{}}}
	if err := a.ask("Sure? ", "yes"); !errors.Is(err, broken) {
		t.Errorf("a broken terminal: %v", err)
	}
	a = &approval{env: &environment{stdin: iotest.ErrReader(broken), stderr: &bytes.Buffer{}}, yes: true}
	if err := a.ask("Sure? ", "yes"); err != nil {
		t.Errorf("--yes asks: %v", err)
	}
}
