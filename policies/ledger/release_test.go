package ledger_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lotse-edge/lotse/policies/ledger"
)

func TestRuleOfRelease(t *testing.T) {
	approval := func(by, key string, r ledger.Release) ledger.Approval {
		return ledger.Approval{Statement: ledger.Statement{Release: r, By: by, At: start}, Key: by + "+00000000+" + key}
	}
	narrow, wide := release(2, 1, 0), release(2, 1, 4)
	otherSources, otherCounts := wide, wide
	otherSources.Sources, otherCounts.Widened = policy(9), 3
	type approvals = []ledger.Approval
	for _, c := range []struct {
		name      string
		release   ledger.Release
		approvals approvals
		want      string // empty: released
		tenant    string
	}{
		{"narrow, nobody", narrow, nil, "no officer has approved it; an officer has to", "a privacy officer has to approve it first"},
		{"narrow, one", narrow, approvals{approval("anna", "A", narrow)}, "", ""},
		{"wide, nobody", wide, nil, "permits more in 4 situations and no officer has approved it; two officers have to", "two privacy officers"},
		{"wide, one", wide, approvals{approval("anna", "A", wide)}, "only anna has approved it; another officer", "a second privacy officer"},
		{"wide, one twice", wide, approvals{approval("anna", "A", wide), approval("anna", "A", wide)}, "only anna has approved it", "a second"},
		{"wide, one with two keys", wide, approvals{approval("anna", "A", wide), approval("anna", "B", wide)}, "only anna has approved it", "a second"},
		{"wide, two with one key", wide, approvals{approval("anna", "A", wide), approval("ben", "A", wide)}, "anna and ben have approved it with one and the same key", "a second"},
		{"wide, two", wide, approvals{approval("anna", "A", wide), approval("ben", "B", wide)}, "", ""},
		{"wide, two of three", wide, approvals{approval("anna", "A", wide), approval("ben", "A", wide), approval("cleo", "C", wide)}, "", ""},
		{"another policy", narrow, approvals{approval("anna", "A", release(3, 1, 0))}, "what anna signed does not count, it approves another policy", "first"},
		{"another base", narrow, approvals{approval("anna", "A", release(2, 5, 0))}, "replaces another policy", "first"},
		{"other sources", wide, approvals{approval("anna", "A", wide), approval("ben", "B", otherSources)}, "what ben signed does not count, it approves other sources", "second"},
		{"other counts", wide, approvals{approval("anna", "A", wide), approval("ben", "B", otherCounts)}, "other numbers of changed situations", "second"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := ledger.Check(c.release, c.approvals)
			if c.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			wants(t, err, c.want)
			var missing *ledger.NotApproved
			if !errors.As(err, &missing) {
				t.Fatalf("%T is no NotApproved", err)
			}
			text := missing.TenantText()
			if !strings.Contains(text, c.tenant) || strings.Count(text, ".") > 2 || strings.Contains(text, "anna") {
				t.Errorf("a tenant reads %q, want it with %q, two sentences at most, and no officer's name", text, c.tenant)
			}
		})
	}
}

func TestReleaseThatCannotBe(t *testing.T) {
	good := release(2, 1, 4)
	for name, change := range map[string]func(*ledger.Release){
		"needs the digests":   func(r *ledger.Release) { r.Policy = ledger.Digest{} },
		"of its sources":      func(r *ledger.Release) { r.Sources = ledger.Digest{} },
		"is not negative":     func(r *ledger.Release) { r.Narrowed = -1 },
		"cannot be more":      func(r *ledger.Release) { r.Widened = 11 },
		"changes no situatio": func(r *ledger.Release) { r.Replaces = r.Policy },
	} {
		bad := good
		change(&bad)
		wants(t, ledger.Check(bad, nil), name)
	}
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
}

func TestDigest(t *testing.T) {
	for _, d := range []ledger.Digest{{}, policy(7)} {
		back, err := ledger.ParseDigest(d.String())
		if err != nil || back != d {
			t.Errorf("%s comes back as %s, %v", d, back, err)
		}
	}
	if got := []string{policy(7).Short(), ledger.Digest{}.Short()}; !cmp.Equal(got, []string{"070000000000", "none"}) {
		t.Errorf("short: %q", got)
	}
	for _, s := range []string{"", "07", strings.Repeat("A", 64), strings.Repeat("0", 64), strings.Repeat("g", 64), strings.Repeat("a", 65)} {
		if _, err := ledger.ParseDigest(s); err == nil {
			t.Errorf("%q is a digest", s)
		}
	}
}
