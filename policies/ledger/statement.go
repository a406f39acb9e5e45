package ledger

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Release is a policy that takes the place of another, and what that changes.
type Release struct {
	Policy   Digest // of the proved table
	Sources  Digest // of the sources that it was proved from
	Replaces Digest // the policy in force until then; zero where there was none

	// Numbers of situations: answered otherwise, permitting anything that was not permitted, permitting less. A situation may be
	// both wider and narrower.
	Changed, Widened, Narrowed int64
}

// Validate tells what no release can be.
func (r Release) Validate() error {
	switch {
	case r.Policy == Digest{} || r.Sources == Digest{}:
		return errors.New("a release needs the digests of the policy and of its sources")
	case r.Changed < 0 || r.Widened < 0 || r.Narrowed < 0:
		return errors.New("a number of situations is not negative")
	case r.Widened > r.Changed || r.Narrowed > r.Changed:
		return errors.New("a widened or narrowed situation is a changed one, so there cannot be more of them")
	case r.Policy == r.Replaces && r.Changed != 0:
		return errors.New("a policy that replaces itself changes no situation")
	}
	return nil
}

func (r Release) text() string {
	return fmt.Sprintf("policy %s\nsources %s\nreplaces %s\nchanged %d\nwidened %d\nnarrowed %d\n",
		r.Policy, r.Sources, r.Replaces, r.Changed, r.Widened, r.Narrowed)
}

func (l *lines) release() Release {
	return Release{
		Policy: l.digest("policy"), Sources: l.digest("sources"), Replaces: l.digest("replaces"),
		Changed: l.number("changed"), Widened: l.number("widened"), Narrowed: l.number("narrowed"),
	}
}

// MaxRemark is the longest remark, in characters.
const MaxRemark = 300

// Statement is what an officer signs.
type Statement struct {
	Release
	By     string    // the officer's name
	At     time.Time // UTC, whole seconds; by the officer's clock
	Remark string    // one line, may be empty; nothing about a visitor
}

const statementHeading = "lotse policy approval 1"

// Text is the statement as it is signed: a line for each part, the remark left out where it is empty. ParseStatement reads it.
func (s Statement) Text() string {
	text := statementHeading + "\n" + s.Release.text() + fmt.Sprintf("by %s\nat %s\n", s.By, s.At.Format(second))
	if s.Remark != "" {
		text += "remark " + s.Remark + "\n"
	}
	return text
}

// ParseStatement reads what Text writes, and nothing else: one statement has one text.
func ParseStatement(text string) (Statement, error) {
	l := &lines{rest: text}
	l.heading(statementHeading)
	s := Statement{Release: l.release(), By: l.value("by"), At: l.time("at")}
	if l.err == nil && l.rest != "" {
		s.Remark = l.value("remark")
	}
	if err := l.end(); err != nil {
		return Statement{}, fmt.Errorf("read an approval: %w", err)
	}
	if err := s.Validate(); err != nil {
		return Statement{}, fmt.Errorf("read an approval: %w", err)
	}
	return s, nil
}

// Validate tells what no statement can be.
func (s Statement) Validate() error {
	if err := s.Release.Validate(); err != nil {
		return err
	}
	if err := checkName(s.By); err != nil {
		return err
	}
	if err := checkTime(s.At); err != nil {
		return err
	}
	return checkRemark(s.Remark)
}

// checkRemark lets only characters through that show as what they are: no line ends, and nothing that turns or hides text that an
// officer reads before signing.
func checkRemark(remark string) error {
	switch {
	case !utf8.ValidString(remark) || utf8.RuneCountInString(remark) > MaxRemark:
		return fmt.Errorf("a remark has at most %d characters", MaxRemark)
	case strings.TrimSpace(remark) != remark:
		return errors.New("a remark neither begins nor ends with a space")
	case strings.ContainsFunc(remark, func(r rune) bool { return !unicode.IsPrint(r) }):
		return errors.New("a remark is one line of visible characters")
	}
	return nil
}
