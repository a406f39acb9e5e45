package consent

import (
	"slices"
	"time"

	"github.com/lotse-edge/lotse/edge/tenant"
	"github.com/lotse-edge/lotse/policies"
)

// Situations gives the situation of each purpose, in the order of cfg.Purposes. It has an answer for every input: what is
// out of range falls to the value that permits least, and of several records for a purpose the latest counts.
//
// Objections are the names of the purposes that the visitor objects to; see Objects for which those are.
//
// Requested names the purposes whose contract the visitor asked for; for a purpose of another basis it has no meaning.
func Situations(cfg *tenant.Config, records []Record, signals Signals, age policies.AgeBand, objections []string,
	restricted bool, requested tenant.PurposeSet, now time.Time,
) []policies.Situation {
	if age > policies.AgeMinor {
		age = policies.AgeMinor
	}
	list := make([]policies.Situation, len(cfg.Purposes))
	for i := range cfg.Purposes {
		p := &cfg.Purposes[i]
		s := policies.Situation{
			Basis:       p.Basis,
			Asked:       p.Profiling,
			Marketing:   p.Marketing,
			Requested:   p.Basis == policies.BasisContract && requested.Has(p.Bit),
			Objected:    slices.Contains(objections, p.Name),
			Restricted:  restricted,
			GPC:         signals.GPC,
			Age:         age,
			Regime:      cfg.Regime,
			Destination: p.Destination,
			Device:      p.Device,
		}
		if r, ok := Latest(records, p.Name); ok {
			s.Status = r.StatusAt(now)
			s.Proof = proofOf(s.Status, r.Proof)
		}
		list[i] = s
	}
	return list
}

// ObjectionMarketing is the word for an objection to all direct marketing.
const ObjectionMarketing = "marketing"

// KnownObjection tells whether an objection would have an effect. One that names nothing must be refused, not ignored.
func KnownObjection(cfg *tenant.Config, name string) bool {
	for i := range cfg.Purposes {
		if p := &cfg.Purposes[i]; p.Name == name || p.Marketing && name == ObjectionMarketing {
			return true
		}
	}
	return false
}

// Objects tells whether an objection is one to a purpose. One against a purpose of direct marketing is against direct marketing
// altogether (Article 21(3)), and so is to every such purpose; the word "marketing" says the same whether or not a purpose is
// called so.
func Objects(cfg *tenant.Config, objection string, p *tenant.Purpose) bool {
	if objection == p.Name {
		return true
	}
	if !p.Marketing {
		return false
	}
	named, ok := cfg.PurposeByName(objection)
	return objection == ObjectionMarketing || ok && named.Marketing
}

// proofOf keeps the level of proof where there is a consent to prove, and only there: how well a refusal is documented
// must not make two situations of one.
func proofOf(s policies.Status, p policies.Proof) policies.Proof {
	if s != policies.StatusGiven && s != policies.StatusExplicit || p > policies.ProofDouble {
		return policies.ProofNone
	}
	return p
}
