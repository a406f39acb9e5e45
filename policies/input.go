package policies

import "github.com/open-policy-agent/opa/v1/ast"

// inputDomain is the closed world of the input document: each key with its values. A nil list is a boolean.
var inputDomain = map[string][]string{
	"basis":       basisNames,
	"asked":       profilingNames,
	"marketing":   nil,
	"requested":   nil,
	"status":      statusNames,
	"proof":       proofNames,
	"objected":    nil,
	"restricted":  nil,
	"gpc":         nil,
	"age":         ageNames,
	"regime":      regimeNames,
	"destination": destinationNames,
	"device":      deviceNames,
}

// term makes a term for a policy to read; the interned ones cost nothing.
func term(s string) *ast.Term { return ast.InternedTerm(s) }

// input is the situation as a policy sees it. It is built term by term, without a detour over JSON.
func (s Situation) input() ast.Value {
	return ast.NewObject(
		ast.Item(term("basis"), term(s.Basis.String())),
		ast.Item(term("asked"), term(s.Asked.String())),
		ast.Item(term("marketing"), ast.InternedTerm(s.Marketing)),
		ast.Item(term("requested"), ast.InternedTerm(s.Requested)),
		ast.Item(term("status"), term(s.Status.String())),
		ast.Item(term("proof"), term(s.Proof.String())),
		ast.Item(term("objected"), ast.InternedTerm(s.Objected)),
		ast.Item(term("restricted"), ast.InternedTerm(s.Restricted)),
		ast.Item(term("gpc"), ast.InternedTerm(s.GPC)),
		ast.Item(term("age"), term(s.Age.String())),
		ast.Item(term("regime"), term(s.Regime.String())),
		ast.Item(term("destination"), term(s.Destination.String())),
		ast.Item(term("device"), term(s.Device.String())),
	)
}

// Document is the situation as the input document of a policy: what an officer sees and may paste into any Rego tool.
func (s Situation) Document() map[string]any {
	return map[string]any{
		"basis":       s.Basis.String(),
		"asked":       s.Asked.String(),
		"marketing":   s.Marketing,
		"requested":   s.Requested,
		"status":      s.Status.String(),
		"proof":       s.Proof.String(),
		"objected":    s.Objected,
		"restricted":  s.Restricted,
		"gpc":         s.GPC,
		"age":         s.Age.String(),
		"regime":      s.Regime.String(),
		"destination": s.Destination.String(),
		"device":      s.Device.String(),
	}
}
