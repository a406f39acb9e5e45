package runtime_test

import (
	"context"
	"fmt"

	"github.com/lotse-edge/lotse/runtime"
	w "github.com/lotse-edge/lotse/runtime/wasm/wasmtest"
	"github.com/lotse-edge/lotse/sdk/abi"
)

// Example loads a module that gives five points for a visitor with visits, and evaluates a record of one feature.
func Example() {
	ctx := context.Background()
	host, err := runtime.New(ctx, runtime.Config{})
	if err != nil {
		panic(err)
	}
	defer host.Close(ctx)

	// if slot 0 is present: points 5, reason 0 of score 0
	visits := w.Simple(nil,
		w.ConstI32(w.Input+abi.HeaderSize), w.Op(0x2d, 0, 0, 0x45, 0x04, 0x40), w.ConstI32(0), w.Op(0x0f, 0x0b),
		w.Entry(0, uint16(abi.ScoreEntry), 0, 0, w.ConstF64(5)), w.ConstI32(1))
	module, err := host.Load(ctx, "visits", visits)
	if err != nil {
		panic(err)
	}

	record, err := abi.AppendRecord(nil, 0, []abi.Value{{Present: true, Type: abi.Number, Number: 3}})
	if err != nil {
		panic(err)
	}
	entries, err := module.Evaluate(ctx, record, nil)
	if err != nil {
		panic(err)
	}
	score := module.Manifest().Emits.Scores[entries[0].Index]
	fmt.Println(score.Name, entries[0].Number, score.Reasons[entries[0].Reason])

	_, err = host.Load(ctx, "broken", []byte("\x00asm\x01\x00\x00\x00"))
	fmt.Println(err)
	// Output:
	// interest 5 one
	// module broken is not admitted; manifest: the module has no custom section "lotse.manifest"; export memory: missing; export lotse_input: missing; export lotse_output: missing; export lotse_evaluate: missing
}
