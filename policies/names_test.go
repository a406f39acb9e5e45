package policies

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
)

// Every name reads back as its value, and nothing else reads at all.
func TestNames(t *testing.T) {
	checkNames(t, basisNames, ParseBasis)
	checkNames(t, statusNames, ParseStatus)
	checkNames(t, proofNames, ParseProof)
	checkNames(t, ageNames, ParseAgeBand)
	checkNames(t, regimeNames, ParseRegime)
	checkNames(t, destinationNames, ParseDestination)
	checkNames(t, deviceNames, ParseDevice)
	checkNames(t, profilingNames, ParseProfiling)
	checkNames(t, categoryNames, ParseCategory)
	checkNames(t, tagNames, ParseTag)
	checkNames(t, verdictNames, ParseFieldVerdict)
	if len(categoryNames) != int(categoryCount) || len(tagNames) != int(tagCount) {
		t.Error("a category or a tag has no name")
	}
	if got := Status(9).String(); got != "status(9)" {
		t.Errorf("an unknown status is %s", got)
	}
}

func checkNames[T interface {
	~uint8
	fmt.Stringer
}](t *testing.T, names []string, parse func(string) (T, error)) {
	t.Helper()
	for i, name := range names {
		v, err := parse(name)
		if err != nil || int(v) != i || v.String() != name {
			t.Errorf("%s reads as %d, %v", name, v, err)
		}
	}
	for _, wrong := range []string{"", "secret-input", strings.ToUpper(names[0]), names[0] + " "} {
		_, err := parse(wrong)
		if !errors.Is(err, ErrName) {
			t.Errorf("%q reads: %v", wrong, err)
		} else if wrong == "secret-input" && strings.Contains(err.Error(), wrong) {
			t.Errorf("the error repeats the input: %v", err)
		}
	}
}

// The keys are exactly the numbers below SituationCount.
func TestKeys(t *testing.T) {
	for key := range uint32(SituationCount) {
		s, err := SituationOf(key)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Key(); got != key || s.Validate() != nil {
			t.Fatalf("situation %d has the key %d: %v", key, got, s.Validate())
		}
	}
	if _, err := SituationOf(SituationCount); err == nil {
		t.Error("there is one situation too many")
	}
	for _, s := range []Situation{
		{Basis: 4},
		{Asked: 3},
		{Status: 6},
		{Proof: 3},
		{Age: 4},
		{Regime: 6},
		{Destination: 4},
		{Device: 3},
		{Status: 255},
		{Requested: true},
		{Requested: true, Basis: BasisLegalObligation},
		{Requested: true, Basis: BasisLegitimateInterest},
		{Requested: true, Basis: 4},
		{Proof: ProofSingle},
		{Proof: ProofDouble, Status: StatusWithdrawn},
		{Proof: 3, Status: StatusGiven},
	} {
		if s.Validate() == nil || s.Key() != SituationCount {
			t.Errorf("%+v is taken for a situation", s)
		}
	}
}

// The input that a policy reads is the document that an officer sees.
func TestInputIsDocument(t *testing.T) {
	for key := uint32(0); key < SituationCount; key += 1009 {
		s, err := SituationOf(key)
		if err != nil {
			t.Fatal(err)
		}
		document := s.Document()
		if len(document) != len(inputDomain) {
			t.Fatalf("the document has %d keys, the domain %d", len(document), len(inputDomain))
		}
		text, err := json.Marshal(document)
		if err != nil {
			t.Fatal(err)
		}
		if want := ast.MustParseTerm(string(text)).Value; want.Compare(s.input(allParts)) != 0 {
			t.Fatalf("the input is %v, the document %v", s.input(allParts), want)
		}
		for k, v := range document {
			names, ok := inputDomain[k]
			if !ok {
				t.Fatalf("%s is not in the domain", k)
			}
			if _, boolean := v.(bool); boolean != (names == nil) {
				t.Fatalf("%s is of another type than in the domain", k)
			}
		}
	}
}
