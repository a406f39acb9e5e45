package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// approval is a privacy officer's word: given with a key that stays on this machine, and after a question.
type approval struct {
	env    *environment
	key    string
	remark string
	yes    bool
}

// errNotApproved is no failure: the officer said no.
var errNotApproved = errors.New("not approved")

func (f *flags) approval() *approval {
	a := &approval{env: f.env}
	f.StringVar(&a.key, "key", "", "`file` with the officer's private key")
	f.StringVar(&a.remark, "remark", "", "`text` that goes into the log, such as the number of a decision; nothing about a visitor")
	f.BoolVar(&a.yes, "yes", false, "do not ask")
	return a
}

// missing says what an approval lacks on the command line; read tells how to read first what is approved. Nothing: it is empty.
func (a *approval) missing(read string) string {
	switch {
	case a.key == "":
		return "needs --key"
	case !a.yes && !a.env.terminal:
		return "there is nobody to ask here: " + read + ", then give --yes"
	}
	return ""
}

// officer reads the private key, and the officer's name from it.
func (a *approval) officer() (private, name string, err error) {
	if private, err = readSmall(a.env.path(a.key)); err != nil {
		return "", "", fmt.Errorf("read the officer's key: %w", err)
	}
	private = strings.TrimSpace(private)
	parts := strings.Split(private, "+") // PRIVATE, KEY, name, hash, key
	if len(parts) < 5 || parts[0] != "PRIVATE" || parts[1] != "KEY" {
		return "", "", errors.New("read the officer's key: this is no private key as 'lotse policy officer' writes it")
	}
	return private, parts[2], nil
}

// ask wants one of the words for yes; anything else is errNotApproved.
func (a *approval) ask(question string, words ...string) error {
	if a.yes {
		return nil
	}
	fmt.Fprint(a.env.stderr, question)
	line, err := bufio.NewReader(a.env.stdin).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read the answer: %w", err)
	}
	if !slices.Contains(words, strings.TrimSpace(line)) {
		return errNotApproved
	}
	return nil
}
