package main

import (
	"context"
	"fmt"
	"os"
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
	work    string
	host    *runtime.Host
}

// folderModule is one module, rule files included: what it reads is resolved against the folder's catalogue.
type folderModule struct {
	*tenant.Module
	plan    *rules.Plan
	purpose uint8 // the bit
	loaded  *runtime.Module
}

// openRuleFolder loads a folder as apply does, and its modules as the server does. Close it.
func openRuleFolder(ctx context.Context, env *environment, dir string) (f *ruleFolder, err error) {
	files, err := folder(env, dir)
	if err != nil {
		return nil, err
	}
	f = &ruleFolder{}
	opened := f
	defer func() {
		if err != nil {
			opened.close(ctx)
		}
	}()
	if f.config, _, err = tenant.LoadWith(files, edge.RuleFiles{}); err != nil {
		return nil, err
	}
	if err := f.config.Bind(numbering{}); err != nil {
		return nil, err
	}
	if f.work, err = os.MkdirTemp("", "lotse-rules-*"); err != nil {
		return nil, err
	}
	shop, err := newWorkshop(f.work, []byte("of this process"))
	if err != nil {
		return nil, err
	}
	if f.host, err = runtime.New(ctx, runtime.Config{Instances: 1, Workshop: shop}); err != nil {
		return nil, err
	}
	for i := range f.config.Modules {
		m := &folderModule{Module: &f.config.Modules[i]}
		purpose, _ := f.config.PurposeByName(m.Manifest.Purpose) // LoadWith has checked this, and what it reads
		m.purpose = purpose.Bit
		m.plan, _ = rules.NewPlan(&m.Manifest, f.config)
		if m.loaded, err = f.host.Load(ctx, m.Name, m.Wasm); err != nil {
			return nil, fmt.Errorf("%s: %w", m.File, err)
		}
		f.modules = append(f.modules, m)
	}
	return f, nil
}

func (f *ruleFolder) close(ctx context.Context) {
	if f.host != nil {
		_ = f.host.Close(context.WithoutCancel(ctx)) // nothing of it is kept
	}
	if f.work != "" {
		_ = os.RemoveAll(f.work)
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
