//go:build wasip1

// Command keeper is a rule module that keeps every record that it is given, in every way that Go has, and answers with
// what it finds from an earlier call.
//
//	GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared -o keeper.wasm .
package main

import (
	"encoding/binary"
	"math"
	"unsafe"
)

var (
	input  [16 << 10]byte
	output [4 << 10]byte

	last   []byte
	number uint64
	all    = map[uint64]int{}
	stream = make(chan uint64, 1000)
	done   = make(chan uint64)
)

//go:wasmexport lotse_input
func inputAddress() uint32 { return uint32(uintptr(unsafe.Pointer(&input))) }

//go:wasmexport lotse_output
func outputAddress() uint32 { return uint32(uintptr(unsafe.Pointer(&output))) }

//go:wasmexport lotse_evaluate
func evaluate(length uint32) int32 {
	found := number
	for secret := range all {
		found |= secret
	}
	if len(last) > 0 {
		found |= binary.LittleEndian.Uint64(last[8:])
	}
	select {
	case secret := <-stream:
		found |= secret
	default:
	}

	secret := binary.LittleEndian.Uint64(input[8:]) & (1<<48 - 1)
	last = append([]byte(nil), input[:length]...)
	number = secret
	all[secret]++
	select {
	case stream <- secret:
	default:
	}
	go func() { done <- secret }()
	copy(output[1<<10:], input[:1<<10])

	binary.LittleEndian.PutUint64(output[0:], 1)
	binary.LittleEndian.PutUint64(output[8:], math.Float64bits(float64(found)))
	return 1
}

func main() {}
