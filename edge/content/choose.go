// Package content picks what a slot of a website shows to a visitor: a variant for the visitor's stage, segments, quadrant
// and persona, or the slot's fallback for those who may not be profiled, whom nothing fits, or who are in the control
// group. It changes nothing and needs no memory of its own.
//
// It is safe for concurrent use. What a Choice points to belongs to the tenant's configuration and must not be changed.
package content

import (
	"slices"
	"strings"

	"github.com/lotse-edge/lotse/edge/tenant"
)

// Visitor is what a choice may depend on.
type Visitor struct {
	Stage, Quadrant, Persona string
	Segments                 []string
	Profiled                 bool   // a purpose permits profiling; false: everyone gets the same
	ID                       []byte // of the profile; empty: none, and then no control group either
	Language                 string
}

// Choice is what a slot shows.
type Choice struct {
	Variant string
	Control bool              // the fallback stands here so that the effect of the others can be measured
	Body    map[string]string // in the visitor's language or, lacking that, in the tenant's
}

// Choose picks the slot's variant for a visitor: the first in the list that fits. It allocates nothing.
//
// Someone who may not be profiled is never in the control group: there is nothing to measure, and being in a group would
// itself be a fact about that person.
func Choose(cfg *tenant.Config, slot *tenant.Slot, v Visitor) Choice {
	if v.Profiled {
		if inControl(slot, v.ID) {
			return fallback(cfg, slot, v.Language, true)
		}
		for i := range slot.Variants {
			if variant := &slot.Variants[i]; fits(variant, &v) {
				return Choice{Variant: variant.Name, Body: body(cfg, variant, v.Language)}
			}
		}
	}
	return fallback(cfg, slot, v.Language, false)
}

func fallback(cfg *tenant.Config, slot *tenant.Slot, language string, control bool) Choice {
	c := Choice{Variant: slot.Fallback, Control: control}
	for i := range slot.Variants {
		if slot.Variants[i].Name == slot.Fallback {
			c.Body = body(cfg, &slot.Variants[i], language)
		}
	}
	return c
}

// fits tells whether each list that is not empty names what the visitor is. What is unknown is empty, and fits no list.
func fits(variant *tenant.Variant, v *Visitor) bool {
	return named(variant.Stages, v.Stage) &&
		named(variant.Quadrants, v.Quadrant) &&
		named(variant.Personas, v.Persona) &&
		(len(variant.Segments) == 0 || slices.ContainsFunc(v.Segments, func(s string) bool { return slices.Contains(variant.Segments, s) }))
}

func named(list []string, is string) bool {
	return len(list) == 0 || is != "" && slices.Contains(list, is)
}

// body finds the content in a language: "de-AT" is served by "de", then by the tenant's languages in their order.
func body(cfg *tenant.Config, variant *tenant.Variant, language string) map[string]string {
	if b, ok := variant.Body[language]; ok {
		return b
	}
	if primary, _, ok := strings.Cut(language, "-"); ok {
		if b, ok := variant.Body[primary]; ok {
			return b
		}
	}
	for _, l := range cfg.Languages {
		if b, ok := variant.Body[l]; ok {
			return b
		}
	}
	return nil
}
