package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

const policyOfficersAbout = `
Lists the officers of a server; adds one by the public key that 'lotse policy officer' printed (the line, or a file with it); or removes
one by name. From the first officer on, no policy comes into force without approval. Each change is an entry of the log of policies.`

// policyOfficers is lotse policy officers.
func policyOfficers(ctx context.Context, env *environment, args []string) int {
	c := newServerCall(env, "officers", "[add PUBLIC | remove NAME]", policyOfficersAbout)
	operands, exit, ok := c.begin(args, 0, 2)
	if !ok {
		return exit
	}
	var answer struct {
		Entry    *int64   `json:"entry,omitempty"`
		Officers []string `json:"officers"`
	}
	var err error
	switch {
	case len(operands) == 0:
		var now policyOfServer
		now, err = c.status(ctx)
		answer.Officers = now.Officers
	case len(operands) == 2 && operands[0] == "add":
		var key string
		if key, err = publicKeyFrom(env, operands[1]); err == nil {
			err = c.call(ctx, http.MethodPost, "/officers", "text/plain", []byte(key), &answer)
		}
	case len(operands) == 2 && operands[0] == "remove":
		err = c.call(ctx, http.MethodDelete, "/officers/"+url.PathEscape(operands[1]), "", nil, &answer)
	default:
		return c.misuse("takes nothing, add PUBLIC, or remove NAME")
	}
	if err != nil {
		return c.failed(err)
	}
	return c.answer(answer, func(p *page) {
		p.fact("", c.say("officers", "Beauftragte"), 12, c.namesOf(answer.Officers))
		if answer.Entry != nil {
			p.fact("", c.say("entry", "Eintrag"), 12, fmt.Sprint(*answer.Entry))
		}
	})
}

// publicKeyFrom takes a key itself, which has a '+' in it, or a file with one.
func publicKeyFrom(env *environment, operand string) (string, error) {
	if strings.Contains(operand, "+") {
		return operand, nil
	}
	text, err := readSmall(env.path(operand))
	if err != nil {
		return "", fmt.Errorf("read the public key: %w", err)
	}
	if text = strings.TrimSpace(text); strings.HasPrefix(text, "PRIVATE+") {
		return "", fmt.Errorf("%s is a private key: it stays where it is. Give the line that 'lotse policy officer' printed", operand)
	}
	return text, nil
}

func (c *serverCall) namesOf(officers []string) string {
	if len(officers) == 0 {
		return c.say("none: whoever runs the server answers for the policy", "keine: es verantwortet die Regeln, wer den Server betreibt")
	}
	return strings.Join(officers, ", ")
}
