//go:build !race

package content_test

import (
	"testing"

	"github.com/lotse-edge/lotse/edge/content"
)

func TestChooseAllocatesNothing(t *testing.T) {
	cfg := winery(10)
	id := []byte("0123456789abcdef")
	for name, v := range map[string]content.Visitor{
		"first":      {Profiled: true, Stage: "sal", Segments: []string{"gastronomy-de"}, ID: id, Language: "de"},
		"last":       {Profiled: true, Segments: []string{"a", "b"}, ID: id, Language: "fr-CA"},
		"unprofiled": {Language: "en-GB"},
	} {
		if n := testing.AllocsPerRun(1000, func() { sink = content.Choose(cfg, &cfg.Slots[0], v) }); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}
