package policies

import (
	"maps"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// lintTenant checks what makes a tenant's rules safe to combine: the package, that they read the situation only, and that
// forbid and drop say only what they may.
func lintTenant(m *ast.Module, f *faults) {
	if !m.Package.Path.Equal(tenantPackage) {
		f.add(m.Package.Loc(), "a tenant's rules are in package privacy.tenant, not in %s", strings.TrimPrefix(m.Package.Path.String(), "data."))
	}
	for _, i := range m.Imports {
		if ref, ok := i.Path.Value.(ast.Ref); ok && !ref.HasPrefix(ast.Ref{ast.VarTerm("rego")}) {
			f.add(i.Loc(), "a tenant's rules import nothing but rego.v2")
		}
	}
	lintInput(m, f)
	for _, rule := range m.Rules {
		lintData(rule, f)
		lintTenantRule(rule, f)
		if name := ruleName(rule); name != tenantForbid && name != tenantDrop {
			lintNested(rule.Head, f)
		}
		lintNested(rule.Body, f)
	}
}

// lintNested keeps values of values out of a stranger's rules. OPA's type checker works out what each value can be made of, and a
// list of two lists of two lists ... takes it twice as long with each line: a page of such lines would hold the server for ever.
func lintNested(x any, f *faults) {
	simple := func(t *ast.Term) {
		switch v := t.Value.(type) {
		case ast.Var, ast.Call:
			f.add(t.Loc(), "a list, a set or an object holds texts, numbers, true and false, and parts of the situation: %s is none of these", t)
		case ast.Ref:
			if !v[0].Equal(ast.InputRootDocument) {
				f.add(t.Loc(), "a list, a set or an object holds texts, numbers, true and false, and parts of the situation: %s is none of these", t)
			}
		}
	}
	ast.WalkTerms(x, func(t *ast.Term) bool {
		switch v := t.Value.(type) {
		case *ast.Array:
			v.Foreach(simple)
		case ast.Set:
			v.Foreach(simple)
		case ast.Object:
			v.Foreach(func(k, v *ast.Term) {
				simple(k)
				simple(v)
			})
		}
		return false
	})
}

// lintData finds what reads data, other than the tenant's own rules.
func lintData(x any, f *faults) {
	ast.NewGenericVisitor(func(x any) bool {
		switch v := x.(type) {
		case *ast.Term:
			if v.Value.Compare(ast.DefaultRootDocument.Value) == 0 {
				f.add(v.Loc(), "a tenant's rules read the input only, not data")
			}
		case ast.Ref:
			if v[0].Equal(ast.DefaultRootDocument) && !v.HasPrefix(tenantPackage) {
				f.add(v[0].Loc(), "a tenant's rules read the input only, not %s", v)
			}
			for _, t := range v[1:] {
				lintData(t, f)
			}
			return true
		}
		return false
	}).Walk(x)
}

func lintTenantRule(rule *ast.Rule, f *faults) {
	ref := rule.Head.Ref()
	name := string(ref[0].Value.(ast.Var))
	if name != tenantForbid && name != tenantDrop {
		return
	}
	if len(ref) != 1 || rule.Head.RuleKind() != ast.MultiValue {
		f.add(rule.Loc(), "%s is a set: %s contains {...} if ...", name, name)
		return
	}
	object, ok := rule.Head.Key.Value.(ast.Object)
	if !ok {
		f.add(rule.Loc(), "%s contains an object that is written out, such as {\"reason\": \"age.unknown\"}", name)
		return
	}
	want := []string{"reason"}
	if name == tenantDrop {
		want = []string{"category", "reason"}
	}
	var have []string
	object.Foreach(func(k, v *ast.Term) {
		key, _ := k.Value.(ast.String)
		have = append(have, string(key))
		text, literal := v.Value.(ast.String)
		switch {
		case key == "reason" && !literal:
			f.add(v.Loc(), "a reason is written out, so that its text can be checked")
		case key == "category" && literal && !slices.Contains(categoryNames, string(text)):
			f.add(v.Loc(), "there is no category %s: it is one of %s", v, strings.Join(categoryNames, ", "))
		}
	})
	slices.Sort(have)
	if !slices.Equal(have, want) {
		f.add(rule.Loc(), "an element of %s has %s and nothing else", name, strings.Join(want, " and "))
	}
}

// tenantReasons adds the reasons that a tenant annotates to those of the base policy. A rule of forbid or drop either
// explains its reason by its own annotation, whose custom.id it then gives, or gives a reason that already exists.
func tenantReasons(modules map[string]*ast.Module, set *ast.AnnotationSet, known catalogue, f *faults) catalogue {
	out := maps.Clone(known)
	for _, file := range slices.Sorted(maps.Keys(modules)) {
		for _, rule := range modules[file].Rules {
			a := annotationOf(rule, set)
			if a == nil || a.Custom["id"] == nil {
				continue
			}
			if a.Custom["article"] == nil {
				a.Custom["article"] = "24(2)" // a tenant's own data protection policy
			}
			reason, fault := reasonOf(a)
			switch {
			case fault != "":
				f.add(a.Loc(), "the annotation %s", fault)
			case !strings.HasPrefix(reason.ID, "tenant."):
				f.add(a.Loc(), "a tenant's own reason begins with \"tenant.\", such as tenant.no_contact")
			default:
				out[reason.ID] = reason
			}
		}
	}
	for _, file := range slices.Sorted(maps.Keys(modules)) {
		for _, rule := range modules[file].Rules {
			if rule.Head.Key == nil {
				continue
			}
			object, ok := rule.Head.Key.Value.(ast.Object)
			if !ok {
				continue
			}
			t := object.Get(term("reason"))
			if t == nil {
				continue
			}
			id, _ := t.Value.(ast.String)
			if _, ok := out[string(id)]; !ok {
				f.add(t.Loc(), "the reason %s has no text: give a known one, or annotate the rule with a title, custom.id and custom.title_de", t)
			}
		}
	}
	return out
}
