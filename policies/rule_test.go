package policies

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Rule says the same as the plainest code that can be written for the contract.
func TestRuleAgainstNaive(t *testing.T) {
	e := testTable(t)
	random := rand.New(rand.NewPCG(1, 2))
	tags := make([]int, 3)
	for range 20_000 {
		rows := randomRows(t, e, random)
		field := Target{
			Category: Category(random.IntN(int(categoryCount))), Tag: Tag(random.IntN(int(tagCount))),
			Purposes: random.Uint32(), TTLDays: random.IntN(3) * random.IntN(500),
		}
		if random.IntN(2) == 0 {
			field.Purposes &= 15
		}
		got, want := Rule(rows, field), naiveRule(rows, field)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("rows %+v, field %+v:\n%s", rows, field, diff)
		}
		tags[got.Verdict]++
		if (got.Verdict == Drop) != (len(got.Grants) == 0) || len(got.Reasons) == 0 {
			t.Fatalf("%+v", got)
		}
	}
	if slices.Min(tags) < 100 {
		t.Errorf("the verdicts are met %v times: the test has gone blind", tags)
	}
}

func randomRows(t *testing.T, e *Table, random *rand.Rand) []PurposeRow {
	var rows []PurposeRow
	for _, bit := range random.Perm(8)[:random.IntN(5)] {
		s := Situation{
			Basis: Basis(random.IntN(4)), Asked: Profiling(random.IntN(2)), Status: Status(random.IntN(4)), Proof: ProofSingle,
			GPC: random.IntN(4) == 0, Marketing: random.IntN(4) == 0, Objected: random.IntN(8) == 0,
		}
		s.Requested = s.Basis == BasisContract && random.IntN(2) == 0
		if s.Status != StatusGiven && s.Status != StatusExplicit {
			s.Proof = ProofNone
		}
		d, err := e.Decide(s)
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, PurposeRow{Bit: uint8(bit), Row: d.Row, Key: d.Key, TTLDays: random.IntN(2) * random.IntN(500)})
	}
	return rows
}

func naiveRule(rows []PurposeRow, field Target) Ruling {
	var out Ruling
	reasons := map[string]bool{}
	for bit := range uint8(32) {
		for _, p := range rows {
			if p.Bit != bit || field.Purposes>>bit&1 == 0 {
				continue
			}
			rule := p.Row.Fields[Class{field.Category, field.Tag, true}.Index()]
			if rule.Verdict == Drop {
				continue
			}
			ttl := rule.TTLDays
			if p.TTLDays > 0 {
				ttl = min(ttl, uint16(p.TTLDays))
			}
			if field.TTLDays > 0 {
				ttl = min(ttl, uint16(field.TTLDays))
			}
			out.Verdict = max(out.Verdict, rule.Verdict)
			out.Grants = append(out.Grants, Grant{bit, rule.Verdict == Generalise, p.Key, ttl})
			for _, id := range p.Row.Reasons {
				reasons[id] = true
			}
			if rule.Verdict == Generalise || field.Category == CategorySpecial {
				reasons[rule.Reason] = true
			}
		}
	}
	if out.Verdict == Drop {
		for _, p := range rows {
			if field.Purposes>>p.Bit&1 == 0 {
				continue
			}
			if p.Row.Permit {
				reasons[p.Row.Fields[Class{field.Category, field.Tag, true}.Index()].Reason] = true
				continue
			}
			for _, id := range p.Row.Reasons {
				reasons[id] = true
			}
		}
		if len(reasons) == 0 {
			reasons["purpose.not_bound"] = true
		}
	}
	for id := range reasons {
		out.Reasons = append(out.Reasons, id)
	}
	slices.Sort(out.Reasons)
	return out
}

// Fewer purposes, or rows that permit less, never give a value more.
func TestRuleShrinks(t *testing.T) {
	e := testTable(t)
	random := rand.New(rand.NewPCG(3, 4))
	for range 5_000 {
		rows := randomRows(t, e, random)
		field := Target{Category: Category(random.IntN(6)), Tag: Tag(random.IntN(5)), Purposes: random.Uint32()}
		before := Rule(rows, field)
		for i := range rows {
			fewer := slices.Delete(slices.Clone(rows), i, i+1)
			after := Rule(fewer, field)
			if after.Verdict > before.Verdict || len(after.Grants) > len(before.Grants) {
				t.Fatalf("without purpose %d: %+v, with it %+v", rows[i].Bit, after, before)
			}
		}
	}
}

func TestRuleWithoutPolicy(t *testing.T) {
	field := Target{Category: CategoryContact, Purposes: 1}
	for name, rows := range map[string][]PurposeRow{"no rows": nil, "no row": {{Bit: 0}}} {
		if r := Rule(rows, field); r.Verdict != Drop || !slices.Equal(r.Reasons, []string{ReasonNotBound}) {
			t.Errorf("%s: %+v", name, r)
		}
	}
	zero := Rule([]PurposeRow{{Bit: 0, Row: &Row{Permit: true}}}, field)
	if zero.Verdict != Drop || !slices.Equal(zero.Reasons, []string{ReasonNotKept}) {
		t.Errorf("an empty row keeps: %+v", zero)
	}
}
