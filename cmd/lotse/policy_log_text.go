package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	policyledger "github.com/lotse-edge/lotse/policies/ledger"
)

// logEntryJSON is an entry as --json prints it.
type logEntryJSON struct {
	Number    int64               `json:"number"`
	Kind      policyledger.Kind   `json:"kind"`
	At        time.Time           `json:"at"`
	Officer   string              `json:"officer,omitempty"` // who came or left, or who approved
	Key       string              `json:"key,omitempty"`
	Release   *releaseJSON        `json:"release,omitempty"`
	Signed    *time.Time          `json:"signed,omitempty"` // by the officer's clock
	Remark    string              `json:"remark,omitempty"`
	Approvals []int64             `json:"approvals,omitempty"` // numbers of entries
	Module    *moduleApprovalJSON `json:"module,omitempty"`
}

// moduleApprovalJSON is what an officer approved of a tenant's rule module.
type moduleApprovalJSON struct {
	Tenant string              `json:"tenant"`
	Module string              `json:"module"`
	Digest policyledger.Digest `json:"digest"`
	New    []string            `json:"new"`
}

type releaseJSON struct {
	Policy   policyledger.Digest `json:"policy"`
	Sources  policyledger.Digest `json:"sources"`
	Replaces policyledger.Digest `json:"replaces"`
	Changed  int64               `json:"changed"`
	Widened  int64               `json:"widened"`
	Narrowed int64               `json:"narrowed"`
}

func jsonOf(e policyledger.Entry) logEntryJSON {
	j := logEntryJSON{Number: e.Number, Kind: e.Kind, At: e.At, Approvals: e.Approvals}
	switch e.Kind {
	case policyledger.OfficerAdded, policyledger.OfficerRemoved:
		j.Officer, j.Key = officerOf(e.Officer), e.Officer
	case policyledger.Approved:
		a := e.Approval
		r := releaseJSON(a.Release)
		j.Officer, j.Key, j.Release, j.Signed, j.Remark = a.By, a.Key, &r, &a.At, a.Remark
	case policyledger.ModuleApproved:
		m := e.Module
		j.Officer, j.Key, j.Signed, j.Remark = m.By, m.Key, &m.At, m.Remark
		j.Module = &moduleApprovalJSON{m.Tenant, m.Module, m.Digest, m.New}
	case policyledger.InForce:
		r := releaseJSON(e.Release)
		j.Release = &r
	}
	return j
}

// officerOf gives the name in a public key.
func officerOf(key string) string {
	name, _, _ := strings.Cut(key, "+")
	return name
}

// entryLine says an entry in words.
func entryLine(e policyledger.Entry) string {
	var words string
	switch e.Kind {
	case policyledger.OfficerAdded:
		words = fmt.Sprintf("%s became an officer, with the key %s", officerOf(e.Officer), e.Officer)
	case policyledger.OfficerRemoved:
		words = fmt.Sprintf("%s is an officer no longer, nor is the key %s in use", officerOf(e.Officer), e.Officer)
	case policyledger.Approved:
		words = fmt.Sprintf("%s approved %s", e.Approval.By, releaseWords(e.Approval.Release))
		if e.Approval.Remark != "" {
			words += fmt.Sprintf(": %q", e.Approval.Remark)
		}
	case policyledger.ModuleApproved:
		m := e.Module
		words = fmt.Sprintf("%s approved that %s's module %s, version %s, %s", m.By, m.Tenant, m.Module, m.Digest.Short(), strings.Join(m.New, "; "))
		if m.Remark != "" {
			words += fmt.Sprintf(": %q", m.Remark)
		}
	case policyledger.InForce:
		words = fmt.Sprintf("came into force: %s, %s", releaseWords(e.Release), approvedBy(entriesWords(e.Approvals)))
	}
	return fmt.Sprintf("%4d  %s  %s\n", e.Number, e.At.Format(time.RFC3339), words)
}

func releaseWords(r policyledger.Release) string {
	return fmt.Sprintf("policy %s in place of %s (%d situations change, %d permit more, %d permit less)",
		r.Policy.Short(), r.Replaces.Short(), r.Changed, r.Widened, r.Narrowed)
}

// approvedBy says who approved. Nobody has to where there never was an officer, or the sources stayed the same.
func approvedBy(whom string) string {
	if whom == "" {
		return "which needed no approval: there was no officer yet, or the sources stayed the same"
	}
	return "approved by " + whom
}

func entriesWords(numbers []int64) string {
	words := make([]string, len(numbers))
	for i, n := range numbers {
		words[i] = fmt.Sprintf("entry %d", n)
	}
	return strings.Join(words, " and ")
}

func (c *policyLogCall) list(r *policyledger.Report, _ string) error {
	if c.json {
		entries := make([]logEntryJSON, len(r.Entries))
		for i, e := range r.Entries {
			entries[i] = jsonOf(e)
		}
		return c.print(entries)
	}
	var b strings.Builder
	for _, e := range r.Entries {
		b.WriteString(entryLine(e))
	}
	if len(r.Entries) == 0 {
		b.WriteString("the log is empty\n")
	}
	return c.write(b.String())
}

func (c *policyLogCall) print(v any) error {
	e := json.NewEncoder(c.env.stdout)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// verifiedJSON is what --verify prints as JSON. Where the log is not in order there is an error instead.
type verifiedJSON struct {
	Entries  int64               `json:"entries"`
	Hash     policyledger.Digest `json:"hash"`
	Officers []string            `json:"officers"`
	InForce  *inForceJSON        `json:"in_force"`
	Kept     *int64              `json:"kept,omitempty"`     // entries of the head that was kept
	Unsigned bool                `json:"unsigned,omitempty"` // a crash left an append unfinished
}

type inForceJSON struct {
	Policy    policyledger.Digest `json:"policy"`
	Entry     int64               `json:"entry"`
	Since     time.Time           `json:"since"`
	Approvals []logEntryJSON      `json:"approvals"`
}

func inForceAt(r *policyledger.Report, at time.Time) *inForceJSON {
	policy, n, ok := r.InForceAt(at)
	if !ok {
		return nil
	}
	f := &inForceJSON{Policy: policy, Entry: n, Since: r.Entries[n].At}
	for _, a := range r.Entries[n].Approvals {
		f.Approvals = append(f.Approvals, jsonOf(r.Entries[a]))
	}
	return f
}

func (f *inForceJSON) words() string {
	names := make([]string, len(f.Approvals))
	for i, a := range f.Approvals {
		names[i] = fmt.Sprintf("%s (entry %d)", a.Officer, a.Number)
	}
	return fmt.Sprintf("policy %s since %s by entry %d, %s", f.Policy, f.Since.Format(time.RFC3339), f.Entry, approvedBy(strings.Join(names, " and ")))
}

func (c *policyLogCall) sayVerified(r *policyledger.Report, key string) error {
	v := verifiedJSON{Entries: r.Head.Size, Hash: r.Head.Hash, Officers: r.Officers.Names(), Unsigned: r.Unsigned}
	if len(r.Entries) > 0 {
		v.InForce = inForceAt(r, r.Entries[len(r.Entries)-1].At)
	}
	if c.kept != "" {
		n, err := c.checkGrowth(r, key)
		if err != nil {
			return err
		}
		v.Kept = &n
	}
	if c.json {
		return c.print(v)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "the log is in order\n  entries   %d\n  hash      %s\n", v.Entries, v.Hash)
	if len(v.Officers) > 0 {
		fmt.Fprintf(&b, "  officers  %s\n", strings.Join(v.Officers, ", "))
	}
	if v.InForce != nil {
		fmt.Fprintf(&b, "  in force  %s\n", v.InForce.words())
	}
	if v.Kept != nil {
		fmt.Fprintf(&b, "  kept      the log goes on from the head of %d entries that was kept: nothing was rewritten\n", *v.Kept)
	}
	if v.Unsigned {
		b.WriteString("  remark    a crash left an append unfinished; the server ends it at its next start\n")
	}
	return c.write(b.String() + c.keyHint())
}

// keyHint reminds of what a check with the key beside the log is worth.
func (c *policyLogCall) keyHint() string {
	if c.key != "" {
		return ""
	}
	return "checked with the key that lies beside the log; to check independently of the server, give the key that you kept: --key FILE\n"
}

func (c *policyLogCall) sayInForce(r *policyledger.Report, at time.Time) error {
	f := inForceAt(r, at)
	if c.json {
		return c.print(f)
	}
	when := at.Format(time.RFC3339)
	switch {
	case f == nil:
		return c.write("at " + when + " no policy had come into force by this log yet\n")
	case at.After(c.env.now()):
		return c.write("at " + when + ", which is still to come, unless it changes: " + f.words() + "\n")
	}
	return c.write("at " + when + " was in force: " + f.words() + "\n")
}
