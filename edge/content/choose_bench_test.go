package content_test

import (
	"testing"

	"github.com/lotse-edge/lotse/edge/content"
)

var sink content.Choice

func BenchmarkChoose(b *testing.B) {
	cfg := winery(10)
	v := content.Visitor{Profiled: true, Stage: "lead", Segments: []string{"private-regular", "tasting-guests"}, ID: []byte("0123456789abcdef"), Language: "en"}
	b.ReportAllocs()
	for b.Loop() {
		sink = content.Choose(cfg, &cfg.Slots[0], v)
	}
}
