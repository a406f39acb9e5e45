package privacy.invariants_test

import rego.v2

import data.privacy.invariants

# situation is a purpose on consent, given with one click, with what a test changes.
situation(changes) := object.union(
	{
		"basis": "consent", "asked": "none", "marketing": false, "requested": false,
		"status": "given", "proof": "single",
		"objected": false, "restricted": false, "gpc": false,
		"age": "adult", "regime": "de", "destination": "eea", "device": "none",
	},
	changes,
)

# row is one that permits nothing, with what a test changes.
row(changes) := object.union(
	{
		"permit": false, "reasons": ["x"], "retention": "", "fields": {"behavioural": {"plain": dropped, "url": dropped}, "special": {"plain": dropped}},
		"profiling": "none", "review": false, "profiling_reasons": ["x"], "transfer": false, "transfer_reasons": ["x"],
		"device": false, "device_reasons": ["x"], "portable": {"provided": false, "derived": false}, "portable_reasons": ["x"],
	},
	changes,
)

dropped := {"verdict": "dropped", "days": 0, "reason": "x"}

kept := {"verdict": "kept", "days": 30, "reason": "x"}

coarse := {"verdict": "generalised", "days": 30, "reason": "x"}

# broken is what the laws say of a row in a situation.
broken(changes, answer) := found if {
	found := invariants.violations with input as {"situation": situation(changes), "row": row(answer)}
}

# grown is what the laws say of a step from one row to another.
grown(before, after) := found if {
	found := invariants.enlargements with input as {"step": "withdraw", "before": row(before), "after": row(after)}
}

test_a_refusal_breaks_nothing if {
	broken({}, {}) == set()
	broken({"status": "withdrawn", "proof": "none"}, {}) == set()
	grown({}, {}) == set()
}

test_a_permit_by_consent_breaks_nothing if {
	broken({"asked": "score"}, {"permit": true, "profiling": "score", "fields": {"behavioural": {"plain": kept, "url": coarse}, "special": {"plain": dropped}}}) == set()
}

test_consent if {
	broken({"status": "none", "proof": "none"}, {"permit": true}) == {"law.consent"}
	broken({"proof": "none"}, {"permit": true}) == {"law.consent"}
	broken({"status": "withdrawn", "proof": "none"}, {"permit": true}) == {"law.consent"}
}

test_contract if {
	broken({"basis": "contract"}, {"permit": true}) == {"law.contract"}
	broken({"basis": "contract", "requested": true}, {"permit": true}) == set()
}

test_child_consent if {
	broken({"age": "minor"}, {"permit": true}) == {"law.child_consent"}
	broken({"age": "minor_guardian"}, {"permit": true}) == set()
}

test_objection if {
	broken({"basis": "legitimate_interest", "objected": true}, {"permit": true}) == {"law.objection"}
	broken({"basis": "legal_obligation", "objected": true}, {"permit": true}) == set()
}

test_marketing_objection if {
	broken({"basis": "contract", "requested": true, "marketing": true, "objected": true}, {"permit": true}) == {"law.marketing_objection"}
}

test_gpc if {
	broken({"gpc": true}, {"permit": true}) == {"law.gpc"}
	broken({"gpc": true, "basis": "legitimate_interest"}, {"permit": true}) == {"law.gpc"}
	broken({"gpc": true, "status": "explicit"}, {"permit": true}) == set()
	broken({"gpc": true, "basis": "legal_obligation"}, {"permit": true}) == set()
}

test_restricted if {
	broken({"restricted": true, "asked": "score"}, {"permit": true, "profiling": "score"}) == {"law.restricted"}
	broken({"restricted": true}, {"permit": true, "transfer": true}) == {"law.restricted"}
	broken({"restricted": true, "device": "consented"}, {"permit": true, "device": true}) == {"law.restricted"}
	broken({"restricted": true}, {"permit": true}) == set()
}

test_decision_ground if {
	broken({"asked": "decide"}, {"permit": true, "profiling": "decide", "review": true}) == {"law.decision_ground"}
	broken({"asked": "decide", "status": "explicit"}, {"permit": true, "profiling": "decide", "review": true}) == set()
	broken({"asked": "decide", "basis": "contract", "requested": true}, {"permit": true, "profiling": "decide", "review": true}) == set()
	broken({"asked": "decide", "basis": "legitimate_interest"}, {"permit": true, "profiling": "decide", "review": true}) == {"law.decision_ground"}
}

test_decision_review if {
	broken({"asked": "decide", "status": "explicit"}, {"permit": true, "profiling": "decide"}) == {"law.decision_review"}
}

test_decision_child if {
	broken({"asked": "decide", "status": "explicit", "age": "minor_guardian"}, {"permit": true, "profiling": "decide", "review": true}) == {"law.decision_child"}
}

test_profiling_asked if {
	broken({}, {"permit": true, "profiling": "score"}) == {"law.profiling_asked"}
}

test_transfer_ground if {
	broken({"destination": "none"}, {"permit": true, "transfer": true}) == {"law.transfer_ground"}
	broken({"destination": "adequate"}, {"permit": true, "transfer": true}) == set()
}

test_double_opt_in if {
	broken({"marketing": true}, {"permit": true, "transfer": true}) == {"law.double_opt_in"}
	broken({"marketing": true, "proof": "double"}, {"permit": true, "transfer": true}) == set()
	broken({"marketing": true, "regime": "eu"}, {"permit": true, "transfer": true}) == set()
}

test_device_wanted if {
	broken({}, {"permit": true, "device": true}) == {"law.device_wanted"}
}

test_device_consent if {
	broken({"device": "consented", "basis": "legitimate_interest", "status": "none", "proof": "none"}, {"permit": true, "device": true}) == {"law.device_consent"}
	broken({"device": "consented", "basis": "legitimate_interest", "status": "none", "proof": "none", "regime": "ch"}, {"permit": true, "device": true}) == set()
	broken({"device": "consented"}, {"permit": true, "device": true}) == set()
}

test_special if {
	fields := {"behavioural": {"plain": kept, "url": coarse}, "special": {"plain": kept}}
	broken({}, {"permit": true, "fields": fields}) == {"law.special"}
	broken({"status": "explicit"}, {"permit": true, "fields": fields}) == set()
	broken({"status": "explicit", "age": "minor", "basis": "legal_obligation"}, {"permit": true, "fields": fields}) == {"law.special"}
}

test_purpose if {
	broken({}, {"fields": {"behavioural": {"plain": kept, "url": dropped}, "special": {"plain": dropped}}}) == {"law.purpose"}
	broken({}, {"portable": {"provided": true, "derived": false}}) == {"law.purpose"}
	broken({}, {"review": true}) == {"law.purpose"}
	broken({}, {"transfer": true}) == {"law.purpose"}
}

test_limited if {
	fields := {"behavioural": {"plain": object.union(kept, {"days": 0}), "url": dropped}, "special": {"plain": dropped}}
	broken({}, {"permit": true, "fields": fields}) == {"law.limited"}
}

test_query if {
	fields := {"behavioural": {"plain": kept, "url": kept}, "special": {"plain": dropped}}
	broken({}, {"permit": true, "fields": fields}) == {"law.query"}
	broken({"basis": "legal_obligation"}, {"permit": true, "fields": fields}) == set()
}

test_derived if {
	broken({}, {"permit": true, "portable": {"provided": true, "derived": true}}) == {"law.derived"}
}

test_portable_basis if {
	broken({"basis": "legitimate_interest"}, {"permit": true, "portable": {"provided": true, "derived": false}}) == {"law.portable_basis"}
}

test_reasons if {
	broken({}, {"transfer_reasons": []}) == {"law.reasons"}
	broken({}, {"reasons": []}) == {"law.reasons"}
}

test_permit_grows if {
	grown({}, {"permit": true}) == {"law.permit_grows"}
	grown({"permit": true}, {}) == set()
}

test_kept_grows if {
	whole := {"behavioural": {"plain": kept, "url": kept}, "special": {"plain": dropped}}
	less := {"behavioural": {"plain": kept, "url": coarse}, "special": {"plain": dropped}}
	grown({"fields": less}, {"fields": whole}) == {"law.kept_grows"}
	grown({"fields": whole}, {"fields": less}) == set()
	grown({}, {"fields": less}) == {"law.kept_grows", "law.life_grows"}
}

test_life_grows if {
	long := {"behavioural": {"plain": object.union(kept, {"days": 31}), "url": dropped}, "special": {"plain": dropped}}
	short := {"behavioural": {"plain": kept, "url": dropped}, "special": {"plain": dropped}}
	grown({"fields": short}, {"fields": long}) == {"law.life_grows"}
	grown({"fields": long}, {"fields": short}) == set()
}

test_profiling_grows if {
	grown({"profiling": "none"}, {"profiling": "score"}) == {"law.profiling_grows"}
	grown({"profiling": "score"}, {"profiling": "decide"}) == {"law.profiling_grows"}
	grown({"profiling": "decide"}, {"profiling": "score"}) == set()
}

test_review_lost if {
	grown({"profiling": "decide", "review": true}, {"profiling": "decide"}) == {"law.review_lost"}
	grown({"profiling": "decide", "review": true}, {"profiling": "score"}) == set()
}

test_transfer_grows if {
	grown({}, {"transfer": true}) == {"law.transfer_grows"}
	grown({"transfer": true}, {}) == set()
}

test_device_grows if {
	grown({}, {"device": true}) == {"law.device_grows"}
	grown({"device": true}, {}) == set()
}
