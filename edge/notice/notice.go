// Package notice writes what the law asks a tenant to say: the privacy notice (Articles 13 and 14 GDPR) and the record of
// processing activities (Article 30), in German and in English. Both are made of the tenant's folder and the proved table
// alone, so they say what the edge does: a purpose, a value or a time that no situation of the table permits is not in them.
//
// It decides nothing, reads no file and knows no visitor. What neither the folder nor the table says is marked as to be
// completed and never invented. It is no legal advice: somebody who knows the law reads what it writes.
//
// All of it is pure: safe for concurrent use as long as nobody changes the Config.
package notice

import (
	"fmt"
	"slices"

	"github.com/lotse-edge/lotse/edge/tenant"
	"github.com/lotse-edge/lotse/policies"
)

// Facts is all that a notice and a record say, without their words.
type Facts struct {
	Tenant     string    `json:"tenant"`
	Name       string    `json:"name"`
	Folder     string    `json:"folder"` // digest of the tenant's files
	Policy     string    `json:"policy"` // digest of the table
	Country    string    `json:"country"`
	Regime     string    `json:"regime"`
	Purposes   []Purpose `json:"purposes"` // all that are declared, in the order of the catalogue
	Models     []Model   `json:"models,omitempty"`
	Systems    []string  `json:"systems,omitempty"` // server keys: systems of the tenant's own that send data
	Observed   bool      `json:"observed"`          // something is taken from what visitors do
	Use        *Use      `json:"use,omitempty"`
	Missing    []Missing `json:"to_be_completed,omitempty"`
	controller tenant.Controller
	config     *tenant.Config
}

// Purpose is one purpose of the catalogue and the most that any situation lets happen for it.
type Purpose struct {
	Name             string      `json:"purpose"`
	Basis            string      `json:"basis"`
	DPV              string      `json:"dpv,omitempty"`
	Permitted        bool        `json:"permitted"`            // in a situation at least
	Grounds          []string    `json:"grounds,omitempty"`    // ids of the reasons behind all permits
	ValidDays        int         `json:"valid_days,omitempty"` // how long a consent stands; 0: until withdrawn
	Data             []Datum     `json:"data,omitempty"`
	Profiling        string      `json:"profiling"`
	Review           bool        `json:"review,omitempty"` // a person can review a decision
	Destination      string      `json:"destination"`
	Transfer         bool        `json:"transfer"`
	TransferGrounds  []string    `json:"transfer_grounds,omitempty"`
	Device           bool        `json:"device"`             // something is written to the visitor's device
	Portable         []string    `json:"portable,omitempty"` // provenances of what a copy under Article 20 holds
	EndedByObjection bool        `json:"ended_by_objection"` // Article 21
	Use              *PurposeUse `json:"use,omitempty"`
	declared         *tenant.Purpose
}

// Datum is a field or an event that is kept for a purpose.
type Datum struct {
	Name         string   `json:"name"`
	Event        bool     `json:"event,omitempty"` // that an event happened; otherwise a field
	Category     string   `json:"category"`
	Coarser      bool     `json:"coarser,omitempty"` // at most the coarser form is kept
	Method       string   `json:"method,omitempty"`  // by which it is made coarser
	Days         int      `json:"days"`              // the longest life in any situation
	OnlyExplicit bool     `json:"only_explicit,omitempty"`
	Grounds      []string `json:"grounds"` // ids of all reasons with which it is kept
	label        tenant.Text
}

// Model is a rule module that may profile, with what it reads and what it may say.
type Model struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Purpose string `json:"purpose"`
	module  *tenant.Module
}

// Missing is something that the law asks for and neither the folder nor the table says.
type Missing struct {
	Key   string `json:"key"` // where to write it, such as "controller.name"
	File  string `json:"file"`
	Words words  `json:"words"`
}

// Gather finds out what a tenant's folder and its table say. The table must be the tenant's own: Table.Tenant.
func Gather(config *tenant.Config, table *policies.Table) (*Facts, error) {
	f := &Facts{
		Tenant: config.ID, Name: config.Name, Folder: config.Digest, Policy: table.Digest(),
		Country: config.Country, Regime: config.Regime.String(), controller: config.Controller, config: config,
	}
	for i := range config.Purposes {
		p, err := reach(config, &config.Purposes[i], table)
		if err != nil {
			return nil, fmt.Errorf("gather what is done for the purpose %s: %w", config.Purposes[i].Name, err)
		}
		f.Purposes = append(f.Purposes, p)
		f.Observed = f.Observed || slices.ContainsFunc(p.Data, func(d Datum) bool {
			field, ok := config.FieldByName(d.Name)
			return d.Event || ok && field.Tag == policies.TagIP
		})
	}
	for i := range config.Modules {
		m := &config.Modules[i]
		at := slices.IndexFunc(f.Purposes, func(p Purpose) bool { return p.Name == m.Manifest.Purpose })
		if at >= 0 && f.Purposes[at].Profiling != policies.ProfilingNone.String() {
			f.Models = append(f.Models, Model{m.Name, m.Manifest.Version, m.Manifest.Purpose, m})
		}
	}
	for _, k := range config.Keys {
		if k.Server {
			f.Systems = append(f.Systems, k.Name)
		}
	}
	f.Missing = missing(f)
	return f, nil
}

// permitted gives the purposes that a situation at least permits.
func (f *Facts) permitted(is func(*Purpose) bool) []*Purpose {
	var out []*Purpose
	for i := range f.Purposes {
		if p := &f.Purposes[i]; p.Permitted && (is == nil || is(p)) {
			out = append(out, p)
		}
	}
	return out
}

// decides tells whether anything is decided about persons by machine alone.
func (f *Facts) decides() bool {
	return len(f.permitted(func(p *Purpose) bool { return p.Profiling == policies.ProfilingDecide.String() })) > 0
}
