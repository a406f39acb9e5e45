package policies

import (
	"path"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

var privacyRef = ast.MustParseRef("data.privacy")

// lintPackages checks that a package is where its folder is, so that who looks for a rule finds it.
func lintPackages(p *parsedSource, f *faults) {
	for _, modules := range []map[string]*ast.Module{p.rules, p.tests} {
		for _, name := range sorted(modules) {
			pkg := modules[name].Package
			have := strings.TrimPrefix(pkg.Path.String(), "data.")
			want := strings.ReplaceAll(path.Dir(name), "/", ".")
			if isTest(name) {
				want += "_test"
			}
			switch {
			case pkg.Path.HasPrefix(tenantPackage):
				f.add(pkg.Loc(), "package %s is for the rules of tenants: a base policy has none", have)
			case have != want:
				f.add(pkg.Loc(), "the package is %s, but the file is in the folder of package %s: move the file, or rename the package", have, want)
			case !pkg.Path.HasPrefix(privacyRef) || len(pkg.Path) < 3:
				f.add(pkg.Loc(), "the package is %s: every package is below privacy, such as privacy.age", have)
			}
		}
	}
}

// lintImports checks that rules import other rules of the policy only.
func lintImports(p *parsedSource, f *faults) {
	for _, modules := range []map[string]*ast.Module{p.rules, p.tests} {
		for _, name := range sorted(modules) {
			for _, i := range modules[name].Imports {
				ref, ok := i.Path.Value.(ast.Ref)
				if !ok || ref.Equal(ast.RegoV2CompatibleRef) {
					continue
				}
				target := strings.TrimPrefix(ref.String(), "data.")
				switch {
				case !ref.HasPrefix(privacyRef) || len(ref) < 3:
					f.add(i.Loc(), "the import of %s is refused: a policy imports rego.v2 and packages of its own, such as data.privacy.age", ref)
				case ref.HasPrefix(tenantPackage):
					f.add(i.Loc(), "the import of %s is refused: tenants' rules take away from the base policy, which does not know them", ref)
				case !isTest(name) && strings.HasSuffix(target, "_test"):
					f.add(i.Loc(), "the import of %s is refused: a rule does not rest on tests", ref)
				case !p.hasPackage(target) && !p.hasPackage(target[:strings.LastIndex(target, ".")]):
					f.add(i.Loc(), "the import of %s leads nowhere: there is no such package", ref)
				}
			}
		}
	}
}

// hasPackage tells whether the folder of a package, such as privacy.age, has rules.
func (p *parsedSource) hasPackage(name string) bool {
	folder := strings.ReplaceAll(strings.TrimSuffix(name, "_test"), ".", "/")
	return slices.ContainsFunc(sorted(p.Files), func(file string) bool {
		return path.Dir(file) == folder && strings.HasSuffix(file, ".rego")
	})
}

// lintDataRefs finds what reads data outside of the policy, or data that it computes the name of.
func lintDataRefs(p *parsedSource, f *faults) {
	for _, name := range sorted(p.rules) {
		m := p.rules[name]
		for _, rule := range m.Rules {
			ast.NewGenericVisitor(func(x any) bool {
				switch x := x.(type) {
				case *ast.Term:
					if x.Equal(ast.DefaultRootDocument) {
						f.add(x.Loc(), "the rule reads all data: name what it needs, such as data.privacy.age.countries")
					}
				case ast.Ref:
					if !x[0].Equal(ast.DefaultRootDocument) {
						return false
					}
					switch {
					case len(x) < 3 || !isText(x[1]) || !isText(x[2]):
						f.add(x[0].Loc(), "%s reads more than it names: write data.privacy, the package, and what is meant in it", x)
					case !x.HasPrefix(privacyRef):
						f.add(x[0].Loc(), "%s is outside of the policy: rules read the situation and data.privacy only", x)
					case x.HasPrefix(tenantPackage):
						f.add(x[0].Loc(), "%s is of a tenant: tenants' rules take away from the base policy, which does not know them", x)
					}
					for _, t := range x[1:] {
						if inner, is := t.Value.(ast.Ref); is && inner[0].Equal(ast.DefaultRootDocument) && !inner.HasPrefix(privacyRef) {
							f.add(t.Loc(), "%s is outside of the policy: rules read the situation and data.privacy only", inner)
						}
					}
					return true
				}
				return false
			}).Walk(rule)
		}
	}
}

// lintTestNames checks that what stands in a test file is a test or used by one: a misspelt test never runs.
func lintTestNames(p *parsedSource, f *faults) {
	for _, name := range sorted(p.tests) {
		m := p.tests[name]
		for _, rule := range m.Rules {
			switch own := ruleName(rule); {
			case strings.HasPrefix(own, "todo_"):
				f.add(rule.Loc(), "the test %s is put off: finish it (test_...), or remove it", own)
			case strings.HasPrefix(own, "test_"):
			case !usedIn(m, rule):
				f.add(rule.Loc(), "%s is no test (test_...) and no test uses it, so it checks nothing: rename or remove it", own)
			}
		}
	}
}

// usedIn tells whether another rule of a module names a rule.
func usedIn(m *ast.Module, rule *ast.Rule) bool {
	used := false
	for _, other := range m.Rules {
		if ruleName(other) == ruleName(rule) {
			continue
		}
		ast.WalkVars(other, func(v ast.Var) bool {
			used = used || string(v) == ruleName(rule)
			return used
		})
	}
	return used
}

// lintTested finds packages without any test.
func lintTested(p *parsedSource, f *faults) {
	tested := map[string]bool{}
	for _, m := range p.tests {
		for _, rule := range m.Rules {
			if strings.HasPrefix(ruleName(rule), "test_") {
				tested[strings.TrimSuffix(m.Package.Path.String(), "_test")] = true
			}
		}
	}
	for _, pkg := range sorted(p.packages) {
		if !tested[pkg] {
			first := p.packages[pkg][0].Package
			f.add(first.Loc(), "no test shows what package %s does: add a file *_test.rego beside it, with a test_ rule", strings.TrimPrefix(pkg, "data."))
		}
	}
}
