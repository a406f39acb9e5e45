package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/lotse-edge/lotse/edge"
	"github.com/lotse-edge/lotse/edge/profile"
	"github.com/lotse-edge/lotse/edge/tenant"
	"github.com/lotse-edge/lotse/policies"
	"github.com/lotse-edge/lotse/rules"
	"github.com/lotse-edge/lotse/runtime"
	"github.com/lotse-edge/lotse/sdk/abi"
)

// ruleFolder is a tenant's folder with its modules ready to run, without a server.
type ruleFolder struct {
	config  *tenant.Config
	modules []*folderModule
	host    *runtime.Host
	end     func(context.Context) // of the host
}

// folderModule is one module, rule files included: what it reads is resolved against the folder's catalogue.
type folderModule struct {
	*tenant.Module
	plan    *rules.Plan
	purpose uint8 // the bit
	loaded  *runtime.Module
}

// openRuleFolder loads a folder as apply does, and its modules as the server does. Close it.
func openRuleFolder(ctx context.Context, env *environment, dir string) (*ruleFolder, error) {
	if !exists(filepath.Join(env.path(dir), "tenant.yaml")) {
		return nil, fmt.Errorf("%s holds no tenant.yaml: name a tenant's folder, or a rule in it (DIR/rules/NAME.yaml)", dir)
	}
	files, err := folder(env, dir)
	if err != nil {
		return nil, err
	}
	f := &ruleFolder{}
	if f.config, _, err = tenant.LoadWith(files, edge.RuleFiles{}); err == nil {
		err = f.config.Bind(numbering{})
	}
	if err != nil {
		return nil, folderError(dir, err)
	}
	if err := f.load(ctx); err != nil {
		f.close(ctx)
		return nil, err
	}
	return f, nil
}

// folderError lists what is wrong with a folder, each on a line as compilers write it.
func folderError(dir string, err error) error {
	invalid, ok := errors.AsType[*tenant.InvalidError](err)
	if !ok {
		return err
	}
	text := fmt.Sprintf("the folder %s has %s", dir, several(len(invalid.Problems), "mistake"))
	for _, p := range invalid.Problems {
		e := problemEntry{File: filepath.Join(dir, p.File), Line: p.Line, Column: p.Column, Pointer: p.Path, Detail: p.Message, Suggestion: p.Suggestion}
		text += "\n" + e.line()
	}
	return errors.New(text)
}

// load makes the modules ready to run.
func (f *ruleFolder) load(ctx context.Context) (err error) {
	if f.host, f.end, err = openRuleHost(ctx); err != nil {
		return err
	}
	for i := range f.config.Modules {
		m := &folderModule{Module: &f.config.Modules[i]}
		purpose, _ := f.config.PurposeByName(m.Manifest.Purpose) // LoadWith has checked this, and what it reads
		m.purpose = purpose.Bit
		m.plan, _ = rules.NewPlan(&m.Manifest, f.config)
		if m.loaded, err = f.host.Load(ctx, m.Name, m.Wasm); err != nil {
			return fmt.Errorf("%s: %w", m.File, err)
		}
		f.modules = append(f.modules, m)
	}
	return nil
}

func (f *ruleFolder) close(ctx context.Context) {
	if f.end != nil {
		f.end(ctx)
	}
}

// module gives the module that stands in a file of the folder.
func (f *ruleFolder) module(name string) *folderModule {
	for _, m := range f.modules {
		if m.Name == name {
			return m
		}
	}
	return nil
}

// segments are those of all rules.
func (f *ruleFolder) segments() (names []string) {
	for _, m := range f.modules {
		names = append(names, m.Manifest.Emits.Segments...)
	}
	return names
}

// traits are those of all rules.
func (f *ruleFolder) traits() (list []abi.Trait) {
	for _, m := range f.modules {
		list = append(list, m.Manifest.Emits.Traits...)
	}
	return list
}

// judged is what all modules say of a visitor, and what they said it on.
type judged struct {
	outcome rules.Outcome
	values  map[string][]abi.Value // by module, in the order of its reads
}

// judge evaluates all modules over a visitor as the server does.
func (f *ruleFolder) judge(ctx context.Context, p *profile.Profile, now time.Time, stage string) (*judged, error) {
	j := &judged{values: map[string][]abi.Value{}}
	for _, m := range f.modules {
		values := p.AppendValues(nil, m.plan, m.purpose, now, nil)
		record, err := abi.AppendRecord(nil, now.UnixMilli(), values)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.File, err)
		}
		entries, err := m.loaded.Evaluate(ctx, record, nil)
		if err == nil {
			err = j.outcome.Add(&m.Manifest, entries)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.File, err)
		}
		j.values[m.Name] = values
	}
	f.config.Rating.Finish(&j.outcome, stage, func(name string) (string, bool) {
		field, ok := f.config.FieldByName(name)
		if !ok {
			return "", false
		}
		v := p.Value(field.ID)
		if v == nil {
			return "", false
		}
		return v.Value.String(), true
	})
	return j, nil
}

// grants are what the catalogue would let purposes keep of visitors that agree to all of them.
func (f *ruleFolder) grants(purposes tenant.PurposeSet, ttlDays int) (list []policies.Grant) {
	for i := range f.config.Purposes {
		p := &f.config.Purposes[i]
		if !purposes.Has(p.Bit) {
			continue
		}
		days := p.TTLDays
		if ttlDays > 0 {
			days = min(days, ttlDays)
		}
		list = append(list, policies.Grant{Purpose: p.Bit, TTLDays: uint16(days)})
	}
	return list
}

// numbering gives names numbers as they come. It is tenant.Dictionary, for a folder that no store keeps.
type numbering map[string]uint16

func (n numbering) ID(kind, name string) (uint16, error) {
	if _, ok := n[kind+" "+name]; !ok {
		n[kind+" "+name] = n[kind]
		n[kind]++
	}
	return n[kind+" "+name], nil
}

// valueIn turns a field's checked value into one that a profile keeps.
func valueIn(v abi.Value) profile.Value {
	switch v.Type {
	case abi.String:
		return profile.TextValue(v.Text)
	case abi.Boolean:
		return profile.BooleanValue(v.Number != 0)
	default:
		return profile.NumberValue(v.Number)
	}
}
