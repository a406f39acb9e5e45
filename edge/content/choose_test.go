package content_test

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lotse-edge/lotse/edge/content"
	"github.com/lotse-edge/lotse/edge/tenant"
)

func said(de, en string) map[string]map[string]string {
	m := map[string]map[string]string{}
	if de != "" {
		m["de"] = map[string]string{"title": de}
	}
	if en != "" {
		m["en"] = map[string]string{"title": en}
	}
	return m
}

func winery(control int) *tenant.Config {
	return &tenant.Config{
		Languages: []string{"de", "en"},
		Slots: []tenant.Slot{{
			Name: "hero", Fallback: "welcome", Control: control,
			Variants: []tenant.Variant{
				{Name: "trade", Segments: []string{"export-trade", "gastronomy-de"}, Stages: []string{"sal", "opportunity"}, Body: said("Handel", "Trade")},
				{Name: "host", Personas: []string{"host"}, Body: said("Gastgeber", "")},
				{Name: "hot", Quadrants: []string{"high-high"}, Body: said("", "Hot")},
				{Name: "tasting", Segments: []string{"tasting-guests"}, Body: said("Probe", "Tasting")},
				{Name: "welcome", Body: said("Willkommen", "Welcome")},
			},
		}},
	}
}

func ExampleChoose() {
	cfg := winery(0)
	hero, _ := cfg.SlotByName("hero")
	guest := content.Visitor{Segments: []string{"tasting-guests"}, Profiled: true, Language: "en"}
	fmt.Println(content.Choose(cfg, hero, guest).Body["title"])
	guest.Profiled = false // consent withdrawn
	fmt.Println(content.Choose(cfg, hero, guest).Body["title"])
	// Output:
	// Tasting
	// Welcome
}

func TestChoose(t *testing.T) {
	cfg := winery(0)
	hero, ok := cfg.SlotByName("hero")
	if !ok {
		t.Fatal("no slot")
	}
	f := func(v content.Visitor, variant, title string) {
		t.Helper()
		got := content.Choose(cfg, hero, v)
		want := content.Choice{Variant: variant, Body: map[string]string{"title": title}}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%+v: %s", v, d)
		}
	}
	all := content.Visitor{Stage: "sal", Segments: []string{"tasting-guests", "gastronomy-de"}, Persona: "host", Quadrant: "high-high", Profiled: true, Language: "de"}
	f(all, "trade", "Handel")
	noStage := all
	noStage.Stage = "visit"
	f(noStage, "host", "Gastgeber")
	unprofiled := all
	unprofiled.Profiled = false
	f(unprofiled, "welcome", "Willkommen")

	f(content.Visitor{Profiled: true, Language: "en"}, "welcome", "Welcome")
	f(content.Visitor{Profiled: true, Segments: []string{"export-trade"}, Language: "en"}, "welcome", "Welcome")
	f(content.Visitor{Profiled: true, Segments: []string{"a", "tasting-guests"}, Language: "en"}, "tasting", "Tasting")
	f(content.Visitor{Profiled: true, Persona: "host", Language: "en"}, "host", "Gastgeber")
	f(content.Visitor{Profiled: true, Quadrant: "high-high", Language: "de"}, "hot", "Hot")
	f(content.Visitor{Profiled: true, Language: "en-GB"}, "welcome", "Welcome")
	f(content.Visitor{Profiled: true, Language: "fr"}, "welcome", "Willkommen")
	f(content.Visitor{}, "welcome", "Willkommen")
}

// TestEmptyIsNothing makes sure that a list with an empty name cannot be met by not being known.
func TestEmptyIsNothing(t *testing.T) {
	cfg := &tenant.Config{Languages: []string{"en"}}
	slot := &tenant.Slot{Name: "s", Fallback: "b", Variants: []tenant.Variant{{Name: "a", Stages: []string{""}}, {Name: "b"}}}
	if got := content.Choose(cfg, slot, content.Visitor{Profiled: true}).Variant; got != "b" {
		t.Errorf("chose %s", got)
	}
}

// TestControlGroup measures the group's share, and that belonging to it is stable and needs an id and profiling.
func TestControlGroup(t *testing.T) {
	const visitors = 20_000
	for _, percent := range []int{0, 1, 10, 50, 100} {
		cfg := winery(percent)
		hero := &cfg.Slots[0]
		other := *hero
		other.Name = "offer"
		r := rand.New(rand.NewPCG(5, 6))
		control, both := 0, 0
		for range visitors {
			id := binary.LittleEndian.AppendUint64(nil, r.Uint64())
			v := content.Visitor{Profiled: true, Persona: "host", ID: id, Language: "en"}
			got := content.Choose(cfg, hero, v)
			if got.Control != (got.Variant == "welcome") || got.Control != content.Choose(cfg, hero, v).Control {
				t.Fatalf("%d%%: %+v", percent, got)
			}
			if got.Control {
				control++
				if content.Choose(cfg, &other, v).Control {
					both++
				}
			}
			v.Profiled = false
			if content.Choose(cfg, hero, v).Control {
				t.Fatal("someone who may not be profiled is in the control group")
			}
		}
		near := func(what string, got, of, want int) {
			if share := float64(got) * 100 / float64(of); share < float64(want)*0.8-0.2 || share > float64(want)*1.2+0.2 {
				t.Errorf("%d%%: %s %.2f%%", percent, what, share)
			}
		}
		near("in control", control, visitors, percent)
		if percent >= 10 {
			near("of them also in the other slot's", both, control, percent)
		}
		if content.Choose(cfg, hero, content.Visitor{Profiled: true, Persona: "host"}).Control {
			t.Error("a visitor without an id is in the control group")
		}
	}
}

// TestControlGroupStays pins who is in the group: a change would move visitors in the middle of a measurement.
func TestControlGroupStays(t *testing.T) {
	cfg := winery(20)
	var got []int
	for i := range 40 {
		if content.Choose(cfg, &cfg.Slots[0], content.Visitor{Profiled: true, ID: []byte{byte(i)}}).Control {
			got = append(got, i)
		}
	}
	want := []int{0, 7, 14, 17, 31, 37}
	if !slices.Equal(got, want) {
		t.Errorf("in control: %v, want %v", got, want)
	}
}
