package ledger

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// ModuleStatement is what an officer signs of a version of a tenant's rule module: that it may do what the tenant's module of
// that name never did before.
type ModuleStatement struct {
	Tenant, Module string
	Digest         Digest   // of the module
	New            []string // what is new, in words; sorted, each once, at least one
	By             string   // the officer's name
	At             time.Time
	Remark         string // one line, may be empty
}

// ModuleApproval is such a statement whose signature was checked.
type ModuleApproval struct {
	ModuleStatement
	Key   string    // the officer's public key, as in Officers.Text
	Note  string    // the signed text
	Taken time.Time // when it came into the log, by the server's clock; zero before
}

const (
	moduleHeading = "lotse module approval 1"
	maxModuleNote = 24 << 10 // bytes of a signed text: a manifest of the greatest size, in words, fits
)

// Text is the statement as it is signed: a line for each part. ParseModuleStatement reads it.
func (s ModuleStatement) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\ntenant %s\nmodule %s\ndigest %s\n", moduleHeading, s.Tenant, s.Module, s.Digest)
	for _, line := range s.New {
		b.WriteString("new " + line + "\n")
	}
	fmt.Fprintf(&b, "by %s\nat %s\n", s.By, s.At.Format(second))
	if s.Remark != "" {
		b.WriteString("remark " + s.Remark + "\n")
	}
	return b.String()
}

// ParseModuleStatement reads what Text writes, and nothing else.
func ParseModuleStatement(text string) (ModuleStatement, error) {
	l := &lines{rest: text}
	l.heading(moduleHeading)
	s := ModuleStatement{Tenant: l.value("tenant"), Module: l.value("module"), Digest: l.digest("digest")}
	for l.err == nil && strings.HasPrefix(l.rest, "new ") {
		s.New = append(s.New, l.value("new"))
	}
	s.By, s.At = l.value("by"), l.time("at")
	if l.err == nil && l.rest != "" {
		s.Remark = l.value("remark")
	}
	err := l.end()
	if err == nil {
		err = s.Validate()
	}
	if err != nil {
		return ModuleStatement{}, fmt.Errorf("read the approval of a module: %w", err)
	}
	return s, nil
}

// tenantName is what a tenant and a module may be called.
var tenantName = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,63}$`)

// Validate tells what no statement can be.
func (s ModuleStatement) Validate() error {
	switch {
	case !tenantName.MatchString(s.Tenant) || !tenantName.MatchString(s.Module):
		return errors.New("a tenant's and a module's name begin with a letter a-z and have at most 64 of a-z, 0-9, '_' and '-'")
	case s.Digest == Digest{}:
		return errors.New("an approval needs the digest of the module")
	case len(s.New) == 0:
		return errors.New("it names nothing that is new: there is nothing to approve")
	case !slices.IsSorted(s.New) || len(slices.Compact(slices.Clone(s.New))) != len(s.New):
		return errors.New("what is new has to be sorted, each line once")
	}
	for _, line := range s.New {
		if !utf8.ValidString(line) || strings.TrimSpace(line) != line || line == "" || strings.ContainsFunc(line, func(r rune) bool { return !unicode.IsPrint(r) }) {
			return errors.New("what is new has to be lines of visible characters")
		}
	}
	if err := checkName(s.By); err != nil {
		return err
	}
	if err := checkTime(s.At); err != nil {
		return err
	}
	return checkRemark(s.Remark)
}

// Covers tells whether all of the lines are among those that were approved.
func (s ModuleStatement) Covers(lines []string) bool {
	return !slices.ContainsFunc(lines, func(l string) bool { return !slices.Contains(s.New, l) })
}

// SignModule signs a statement with the officer's private key, in the form of Sign.
func SignModule(privateKey string, s ModuleStatement) (string, error) {
	if err := s.Validate(); err != nil {
		return "", fmt.Errorf("sign the approval of a module: %w", err)
	}
	signed, err := sign(privateKey, s.By, s.Text())
	if err == nil && len(signed) > maxModuleNote {
		return "", fmt.Errorf("sign the approval of a module: it is longer than %d bytes: have the module read less that is new at once", maxModuleNote)
	}
	return signed, err
}

// VerifyModule checks that a text from SignModule is signed by the officer whom it names, and by nobody else.
func (o Officers) VerifyModule(text string) (ModuleApproval, error) {
	if len(text) > maxModuleNote {
		return ModuleApproval{}, fmt.Errorf("check the approval of a module: it is longer than %d bytes", maxModuleNote)
	}
	n, err := o.open(text)
	if err != nil {
		return ModuleApproval{}, err
	}
	s, err := ParseModuleStatement(n.Text)
	if err != nil {
		return ModuleApproval{}, err
	}
	key, err := o.signer(n, s.By)
	if err != nil {
		return ModuleApproval{}, err
	}
	return ModuleApproval{ModuleStatement: s, Key: key, Note: text}, nil
}

// approveModule admits the approval of a module. It counts as long as its officer is one.
func (s *state) approveModule(e *Entry) (func(), error) {
	a, err := s.officers.VerifyModule(e.Module.Note)
	if err != nil {
		return nil, err
	}
	text := a.Text()
	switch {
	case s.signed[text]:
		return nil, errors.New("the log holds this approval already")
	case a.At.After(e.At.Add(clockSlack)):
		return nil, fmt.Errorf("%s dated it %s, which is still to come: set the clock right and sign anew", a.By, a.At.Format(second))
	}
	a.Taken = e.At
	e.Module = a
	return func() {
		s.modules = append(slices.Clip(s.modules), a)
		s.signed[text] = true
	}, nil
}
