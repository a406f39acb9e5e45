package runtime_test

import (
	"context"
	"fmt"
	goruntime "runtime"
	"testing"

	"github.com/lotse-edge/lotse/runtime"
	"github.com/lotse-edge/lotse/sdk/abi"
)

// BenchmarkParallel calls from every processor at once, all of them one module, or several. Run it with -cpu 1,2,4. The
// host lets one call less run at a moment than there are processors; with as many as there are nobody waits.
func BenchmarkParallel(b *testing.B) {
	for _, bound := range []string{"one-less", "as-many"} {
		for _, modules := range []int{1, 8} {
			b.Run(fmt.Sprintf("%s/modules=%d", bound, modules), func(b *testing.B) {
				lanes := goruntime.GOMAXPROCS(0)
				if bound == "one-less" {
					lanes = max(1, lanes-1)
				}
				h := newHost(b, runtime.Config{Instances: lanes})
				var all []*runtime.Module
				for range modules {
					m := load(b, h, turncoat(rule(), nil))
					points(b, m, good)
					all = append(all, m)
				}
				b.ReportAllocs()
				b.ResetTimer()
				b.RunParallel(func(p *testing.PB) {
					record := make([]byte, 400)
					entries := make([]abi.Entry, 0, abi.MaxEntries)
					for i := 0; p.Next(); i++ {
						if _, err := all[i%len(all)].Evaluate(context.Background(), record, entries); err != nil {
							b.Error(err)
							return
						}
					}
				})
			})
		}
	}
}
