package compile

import (
	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// What expressions may speak of: the variables profile, event and now, and the functions over a visitor's history.
const (
	profileVariable = "profile"
	eventVariable   = "event"
	nowVariable     = "now"

	profileType = "lotse.Profile"
	eventType   = "lotse.Event"
)

// Limits of one expression. They keep a function within what the host admits.
const (
	maxExpression = 8192 // characters
	maxNodes      = 400
	maxNesting    = 48 // of the parser
	maxLevels     = 32 // of operations
)

// maxWritten bounds what exists and all of one file write out: a short file could ask for much. It is a hundred conditions of
// the most parts.
const maxWritten = 100 * maxNodes

// newEnv gives the environment that CEL checks expressions in. It knows all of standard CEL, so that what exists in CEL and
// cannot be compiled is told apart from what does not exist.
func newEnv(c *Catalogue) (*cel.Env, error) {
	registry, err := types.NewRegistry()
	if err != nil {
		return nil, err
	}
	options := []cel.EnvOption{
		cel.CustomTypeProvider(&provider{Provider: registry, catalogue: c}),
		cel.CrossTypeNumericComparisons(true),
		cel.EnableIdentifierEscapeSyntax(),
		cel.ParserExpressionSizeLimit(maxExpression),
		cel.ParserRecursionLimit(maxNesting),
		cel.ParserErrorRecoveryLimit(4),
		cel.Variable(profileVariable, cel.ObjectType(profileType)),
		cel.Variable(eventVariable, cel.ObjectType(eventType)),
		cel.Variable(nowVariable, cel.TimestampType),
	}
	for name, f := range functions {
		options = append(options, cel.Function(name, f.overloads(name)...))
	}
	return cel.NewEnv(options...)
}

// provider tells CEL the fields of profile and event: those of the catalogue. That a property belongs to the event whose
// filter it stands in is checked when the filter is read.
type provider struct {
	types.Provider
	catalogue *Catalogue
}

func (p *provider) FindStructType(name string) (*types.Type, bool) {
	if name == profileType || name == eventType {
		return types.NewTypeTypeWithParam(types.NewObjectType(name)), true
	}
	return p.Provider.FindStructType(name)
}

func (p *provider) FindStructFieldNames(name string) ([]string, bool) {
	if name == profileType || name == eventType {
		return p.catalogue.fieldNames(), true
	}
	return p.Provider.FindStructFieldNames(name)
}

func (p *provider) FindStructFieldType(name, field string) (*types.FieldType, bool) {
	if name != profileType && name != eventType {
		return p.Provider.FindStructFieldType(name, field)
	}
	f := p.catalogue.field(field)
	if f == nil {
		return nil, false
	}
	return &types.FieldType{Type: f.Type.cel()}, true
}

func (p *provider) NewValue(name string, fields map[string]ref.Val) ref.Val {
	return p.Provider.NewValue(name, fields)
}
