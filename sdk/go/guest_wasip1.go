package lotse

import "unsafe"

// The buffers that the host writes to and reads from. They never move.
var (
	input  [maxRecord]byte
	output Result
)

//go:wasmexport lotse_input
func exportInput() unsafe.Pointer { return unsafe.Pointer(&input) }

//go:wasmexport lotse_output
func exportOutput() unsafe.Pointer { return unsafe.Pointer(&output.entries) }

//go:wasmexport lotse_evaluate
func exportEvaluate(length int32) int32 {
	if length < 0 || length > maxRecord {
		return refusedRecord
	}
	return Evaluate(handled, input[:length], &output)
}
