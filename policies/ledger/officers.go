package ledger

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// LogName is the name of the server's log key; no officer may have it.
const LogName = "lotse-log"

// officerName keeps to characters that no two of look alike in one case, so that two names are two persons to the eye too.
var officerName = regexp.MustCompile(`^[a-z][a-z0-9._@-]{0,63}$`)

func checkName(name string) error {
	switch {
	case !officerName.MatchString(name):
		return errors.New("an officer's name begins with a letter a-z and has at most 64 of a-z, 0-9, '.', '_', '@' and '-'")
	case name == LogName:
		return errors.New("the name " + LogName + " is the log's own")
	}
	return nil
}

// NewOfficerKey makes an officer's Ed25519 key from 32 random bytes. The private key is the officer's alone; the public one is a
// line for ParseOfficers. Both are the text forms of golang.org/x/mod/sumdb/note.
func NewOfficerKey(name string, rand io.Reader) (private, public string, err error) {
	if err := checkName(name); err != nil {
		return "", "", err
	}
	return newKey(name, rand)
}

// NewLogKey makes the key with which a server signs the heads of its log. Whoever verifies the log keeps the public one.
func NewLogKey(rand io.Reader) (private, public string, err error) { return newKey(LogName, rand) }

func newKey(name string, rand io.Reader) (private, public string, err error) {
	private, public, err = note.GenerateKey(rand, name)
	if err != nil {
		return "", "", fmt.Errorf("make a key for %s: %w", name, err)
	}
	return private, public, nil
}

// Officers is a set of officers, each with one key. Its zero value is empty. It never changes.
type Officers struct{ list []officer }

type officer struct {
	name     string
	line     string // the public key, as NewOfficerKey gives it
	verifier note.Verifier
}

// ParseOfficers reads public keys, one on a line; blank lines and those that begin with '#' say nothing. All faults are in the
// error, with their lines: what is no key, a name that comes twice, a key that comes twice.
func ParseOfficers(text string) (Officers, error) {
	var o Officers
	var errs []error
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		next, err := o.with(line)
		if err != nil {
			errs = append(errs, fmt.Errorf("line %d: %w", number, err))
			continue
		}
		o = next
	}
	if err := errors.Join(errs...); err != nil {
		return Officers{}, err
	}
	return o, nil
}

// Names lists the officers, sorted.
func (o Officers) Names() []string {
	var names []string
	for _, f := range o.list {
		names = append(names, f.name)
	}
	slices.Sort(names)
	return names
}

// Text is what ParseOfficers reads, in the order in which the officers came.
func (o Officers) Text() string {
	var b strings.Builder
	for _, f := range o.list {
		b.WriteString(f.line + "\n")
	}
	return b.String()
}

// Key gives the public key of an officer.
func (o Officers) Key(name string) (line string, ok bool) {
	for _, f := range o.list {
		if f.name == name {
			return f.line, true
		}
	}
	return "", false
}

func (o Officers) with(line string) (Officers, error) {
	f, err := parseOfficer(line)
	if err != nil {
		return o, err
	}
	for _, have := range o.list {
		if have.name == f.name {
			return o, fmt.Errorf("%s has a key already: remove the old one first", f.name)
		}
		if keyOf(have.line) == keyOf(line) {
			return o, fmt.Errorf("%s has the key of %s: each officer needs a key of their own", f.name, have.name)
		}
	}
	return Officers{append(slices.Clip(o.list), f)}, nil
}

func (o Officers) without(line string) (Officers, error) {
	i := slices.IndexFunc(o.list, func(f officer) bool { return f.line == line })
	if i < 0 {
		return o, errors.New("no officer has this key")
	}
	return Officers{slices.Delete(slices.Clone(o.list), i, i+1)}, nil
}

func parseOfficer(line string) (officer, error) {
	v, err := note.NewVerifier(line)
	if err != nil {
		if strings.HasPrefix(line, "PRIVATE+KEY+") {
			return officer{}, errors.New("this is a private key: keep it to yourself and give the public one, which 'lotse policy officer' prints")
		}
		return officer{}, errors.New("not a public key as 'lotse policy officer' prints it: NAME+8 digits+key")
	}
	if err := checkName(v.Name()); err != nil {
		return officer{}, err
	}
	raw, err := base64.StdEncoding.DecodeString(keyOf(line))
	if want := fmt.Sprintf("%s+%08x+%s", v.Name(), v.KeyHash(), base64.StdEncoding.EncodeToString(raw)); err != nil || line != want {
		return officer{}, errors.New("the public key is not written in its usual form: copy it as it was printed")
	}
	return officer{v.Name(), line, v}, nil
}

// keyOf is the part of a public key that is the key, without the name and the short hash over both.
func keyOf(line string) string {
	parts := strings.SplitN(line, "+", 3) // the key itself may hold a '+'
	return parts[len(parts)-1]
}
