package lotse_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// article is what one article of the GDPR asks of this program, and what holds it: tests in Go and in Rego, and laws, which no policy
// may break in any situation. What nothing holds yet waits, with the room that it waits for.
type article struct {
	article string
	promise string
	tests   []string // "room/TestName"
	rego    []string // "package/test_name", of policies/privacy
	laws    []string // ids in policies/privacy/invariants
	waits   []string // "room: what is not there yet"
}

var articles = []article{
	{
		article: "5(1)(a), 12", promise: "every decision has a reason, with an article and plain words in German and English",
		tests: []string{"policies/TestInvariants", "policies/TestReasons", "edge/TestScripts"}, laws: []string{"law.reasons"},
	}, {
		article: "5(1)(b)", promise: "a value is kept for the purposes that name it, and no other purpose sees it",
		tests: []string{"policies/TestRuleAgainstNaive", "edge/profile/TestFieldsAgreeWithWhatEachPurposeWasTold", "edge/profile/TestFeaturesAgreeWithANaiveList"},
		laws:  []string{"law.purpose", "law.profiling_asked"},
	}, {
		article: "5(1)(c), 25(2)", promise: "what no row permits is written nowhere, and delicate values are made coarser",
		tests: []string{"edge/TestWhatIsDroppedIsNowhere", "edge/profile/TestCanary", "policies/FuzzGeneraliseValue", "edge/FuzzDecideBody"},
		rego:  []string{"minimise/test_statistics_see_coarse_forms_only", "decision/test_no_input_permits_nothing"},
		laws:  []string{"law.query", "law.kept_grows"},
	}, {
		article: "5(1)(d), 16", promise: "a corrected value is the only one in the profile, in its copy and in the next decision",
		tests: []string{"edge/TestCorrectionReachesEverything", "edge/profile/TestSetValue", "edge/profile/TestUpdatesInTheQueue"},
		waits: []string{"edge: recipients are not told of a correction (Article 19); the outbox has stages and segments only"},
	}, {
		article: "5(1)(e)", promise: "every value has an end, is unseen from then on, and goes by itself",
		tests: []string{"edge/profile/TestSweep", "edge/profile/TestShrink", "edge/notice/TestExact"},
		rego:  []string{"retention/test_every_basis_has_every_category", "retention/test_identifiers_live_weeks"},
		laws:  []string{"law.limited", "law.life_grows"},
		waits: []string{"edge/profile: bytes of a value that ran out stay in the files until they are written anew; a seal of the visitor's own is not there yet"},
	}, {
		article: "5(2)", promise: "which policy was in force when, who approved it and what it decided can be proved offline",
		tests: []string{"policies/ledger/TestEveryEntryIsProved", "policies/ledger/TestRewrittenHistoryIsFound", "policies/decisions/TestAgainstAModel", "cmd/lotse/TestPolicyLogProofs", "cmd/lotse/TestPolicyExport"},
	}, {
		article: "6", promise: "a purpose is permitted only on its own legal basis",
		rego:  []string{"basis/test_silence_is_no_consent", "basis/test_a_visit_is_no_contract", "basis/test_a_request_carries_no_other_basis"},
		laws:  []string{"law.consent", "law.contract"},
		waits: []string{"edge/tenant: a folder says the legitimate interest, not yet the test that weighed it"},
	}, {
		article: "7(1)", promise: "a consent counts with a proof only: text version, time, method, language",
		tests: []string{"edge/consent/TestCheck", "edge/tenant/TestDigests", "edge/tenant/TestNoticeWordsAreNotConsented"},
		rego:  []string{"basis/test_consent_without_proof_does_not_count", "transfer/test_german_newsletters_need_double_opt_in"},
		laws:  []string{"law.consent", "law.double_opt_in"},
		waits: []string{"edge/tenant: the words of an earlier text version are not kept by their digest"},
	}, {
		article: "7(3)", promise: "withdrawing takes the same call as giving, works in the same request and never enlarges anything",
		tests: []string{"edge/TestWithdrawingIsAsEasyAsGiving", "edge/TestWithdrawalTakesEffectInTheSameRequest", "edge/consent/TestWithdrawingNeverYieldsGiven", "edge/profile/TestOneWriterAtATime", "policies/TestMonotonicity"},
		rego:  []string{"basis/test_withdrawal_ends_consent"},
		laws:  []string{"law.permit_grows", "law.kept_grows", "law.profiling_grows", "law.transfer_grows", "law.device_grows"},
	}, {
		article: "8", promise: "no child consents alone; the threshold is the country's",
		tests: []string{"policies/TestAge"}, rego: []string{"age/test_a_child_cannot_consent_alone", "age/test_every_country_is_within_article_8"},
		laws: []string{"law.child_consent"},
	}, {
		article: "9", promise: "special categories are kept by explicit and proved consent only",
		tests: []string{"edge/notice/TestExact", "edge/tenant/TestMalformed"},
		rego:  []string{"minimise/test_health_data_needs_explicit_consent", "minimise/test_a_contract_alone_carries_no_health_data"}, laws: []string{"law.special"},
	}, {
		article: "13, 14", promise: "the notice lists the purposes, values and times that the table permits, and nothing else",
		tests: []string{"edge/notice/TestExact", "edge/notice/TestWordsAreTheFacts", "edge/notice/TestLanguagesAgree", "edge/TestCookieIsAsInTheNotice"},
	}, {
		article: "15", promise: "a visitor sees all that is stored, for what, why and until when, and how scores came about",
		tests: []string{"edge/TestScripts", "edge/TestTenantsAreApart", "rules/TestAScoreIsTheSumOfItsReasons", "policies/TestNearestIsTrue", "cmd/lotse/TestPolicyExplain"},
	}, {
		article: "17, 19", promise: "an erased profile is gone at once, stays gone after a restart, and its bytes leave the files",
		tests: []string{"edge/profile/TestCanary", "edge/profile/TestErasureInTheQueue", "edge/profile/TestStoreAgreesWithTheModel"},
		waits: []string{
			"edge/profile: a crash in each step of an erasure; the destruction of a visitor's key, and a receipt that can be checked offline",
			"edge: recipients are not told of an erasure",
		},
	}, {
		article: "18", promise: "restricted data is stored and not used, and nothing is added",
		tests: []string{"edge/TestScripts"}, rego: []string{"rights/test_restriction_limits_use_and_refuses_nothing", "profiling/test_restricted_data_is_not_used", "transfer/test_restricted_data_stays", "device/test_restricted_writes_nothing"},
		laws: []string{"law.restricted"},
	}, {
		article: "20", promise: "a copy to take along holds what was provided, observed or imported under consent or contract, never what was derived",
		tests: []string{"edge/TestPortableCopy"}, rego: []string{"rights/test_what_was_provided_can_be_taken_along", "rights/test_an_interest_gives_no_copy_to_take_along"},
		laws: []string{"law.derived", "law.portable_basis"},
	}, {
		article: "21", promise: "an objection ends a purpose of interest, and marketing on any ground; a browser's signal is heard",
		tests: []string{"edge/consent/TestObjections", "edge/consent/TestParseGPC", "edge/TestScripts"}, rego: []string{"rights/test_objection_to_advertising_always_counts", "signals/test_gpc_speaks_against_a_legitimate_interest"},
		laws: []string{"law.objection", "law.marketing_objection", "law.gpc"},
	}, {
		article: "22", promise: "a machine decides only by contract or explicit consent, never about children, and with review",
		rego:  []string{"profiling/test_a_click_carries_no_decision_by_machine", "profiling/test_an_interest_carries_no_decision", "profiling/test_no_machine_decides_about_children"},
		laws:  []string{"law.decision_ground", "law.decision_review", "law.decision_child", "law.review_lost"},
		waits: []string{"edge: a queue in which a person reviews decisions; nothing decides about persons yet"},
	}, {
		article: "25(1)", promise: "a policy is pure, closed, explained, tested and proved before it is used, and signed when it comes from elsewhere",
		tests: []string{"policies/TestPureBuiltins", "policies/TestGate", "policies/TestPlanted", "policies/TestBundleRefuses", "policies/TestEnginesDiffer"},
	}, {
		article: "28, 30", promise: "the record of processing comes from the table, and the counted decisions are held against it",
		tests: []string{"edge/notice/TestExact", "edge/notice/TestCount", "edge/notice/TestDocuments", "cmd/lotse/TestPolicyExport"},
	}, {
		article: "32", promise: "tenants are apart, tokens and keys hold, modules remember nobody, nothing personal is in logs",
		tests: []string{"edge/TestTenantsAreApart", "edge/TestTokens", "edge/TestNothingIsTold", "edge/TestHostileModules", "runtime/TestNoVisitorIsRemembered", "cmd/lotse/TestKeyFileIsForTheOwnerOnly"},
		waits: []string{"edge/profile: values are not sealed under a key of each visitor's", "edge: no log says which officer looked at which profile"},
	}, {
		article: "33, 34", promise: "after an incident it can be said whose data, which fields and which time are concerned",
		waits: []string{"edge: a query over profiles by field and time"},
	}, {
		article: "35", promise: "an assessment can append the whole table and what a change changes",
		tests: []string{"policies/TestProve", "policies/TestWithin", "policies/TestCoverIsExact", "policies/TestCompareNamesThePlantedRows"},
	}, {
		article: "44 to 49", promise: "nothing goes to a country without a ground",
		rego: []string{"transfer/test_never_without_a_ground", "transfer/test_under_safeguards"}, laws: []string{"law.transfer_ground"},
	}, {
		article: "ePrivacy 5(3), TDDDG 25", promise: "nothing is written to a device without a permit, and a withdrawal takes it back",
		tests: []string{"edge/TestCookie"}, rego: []string{"device/test_a_contract_is_no_consent_to_other_cookies", "device/test_an_interest_permits_no_cookie_in_germany"},
		laws:  []string{"law.device_wanted", "law.device_consent"},
		waits: []string{"edge/consent: an adapter to recognised consent services (EinwV, voluntary)"},
	},
}

// TestArticles: every article that asks something of this program is held by tests and laws that exist, or says what it waits for.
// With -v it prints the table.
func TestArticles(t *testing.T) {
	laws := names(t, "policies/privacy/invariants/invariants.rego", regexp.MustCompile(`(?m)^(?:violations|enlargements) contains "(law\.[a-z_]+)"`))
	held := map[string]bool{}
	var table strings.Builder
	for _, a := range articles {
		if a.promise == "" || len(a.tests)+len(a.rego)+len(a.laws)+len(a.waits) == 0 {
			t.Errorf("article %s: nothing holds it, and it waits for nothing", a.article)
		}
		for _, test := range a.tests {
			if room, name := split(test); !goTests(t, room)[name] {
				t.Errorf("article %s: there is no test %s in %s", a.article, name, room)
			}
		}
		for _, test := range a.rego {
			room, name := split(test)
			file := filepath.Join("policies/privacy", room, room+"_test.rego")
			if !names(t, file, regexp.MustCompile(`(?m)^(test_[a-z0-9_]+)\b`))[name] {
				t.Errorf("article %s: there is no test %s in %s", a.article, name, file)
			}
		}
		for _, law := range a.laws {
			if held[law] = true; !laws[law] {
				t.Errorf("article %s: there is no law %s", a.article, law)
			}
		}
		for _, w := range a.waits {
			if room, what, _ := strings.Cut(w, ": "); level[room] == 0 || what == "" {
				t.Errorf("article %s: %q waits for no room", a.article, w)
			}
		}
		fmt.Fprintf(&table, "| %s | %s | %s | %s |\n", a.article, a.promise, strings.Join(slices.Concat(a.tests, a.rego, a.laws), ", "), strings.Join(a.waits, "; "))
	}
	for _, law := range slices.Sorted(maps.Keys(laws)) {
		if !held[law] {
			t.Errorf("the law %s holds no article", law)
		}
	}
	t.Logf("\n| article | what is promised | held by | waits for |\n|---|---|---|---|\n%s", table.String())
}

func split(test string) (room, name string) {
	i := strings.LastIndexByte(test, '/')
	return test[:i], test[i+1:]
}

// names finds the names that a pattern's group matches in a file.
func names(t *testing.T, file string, pattern *regexp.Regexp) map[string]bool {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]bool{}
	for _, m := range pattern.FindAllSubmatch(text, -1) {
		out[string(m[1])] = true
	}
	if len(out) == 0 {
		t.Fatalf("%s has none of %s", file, pattern)
	}
	return out
}

// goTests finds the tests of a room in its sources.
func goTests(t *testing.T, room string) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(room, "*_test.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s has no tests: %v", room, err)
	}
	out := map[string]bool{}
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range parsed.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && (strings.HasPrefix(f.Name.Name, "Test") || strings.HasPrefix(f.Name.Name, "Fuzz")) {
				out[f.Name.Name] = true
			}
		}
	}
	return out
}
