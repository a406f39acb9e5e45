//go:build wasip1

// Command turncoat is a rule module that answers 7, or fails in the way that the record's first byte asks for.
//
//	GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared -o turncoat.wasm .
package main

import (
	"encoding/binary"
	"math"
	"os"
	"time"
	"unsafe"
)

var (
	input  [16 << 10]byte
	output [4 << 10]byte
	hoard  [][]byte
	depth  func(int) int
)

//go:wasmexport lotse_input
func inputAddress() uint32 { return uint32(uintptr(unsafe.Pointer(&input))) }

//go:wasmexport lotse_output
func outputAddress() uint32 { return uint32(uintptr(unsafe.Pointer(&output))) }

//go:wasmexport lotse_evaluate
func evaluate(length uint32) int32 {
	switch input[0] {
	case 1:
		panic("a panic that prints")
	case 2:
		os.Exit(0)
	case 3:
		time.Sleep(time.Hour)
	case 4:
		for {
			input[1]++
		}
	case 5:
		for {
			hoard = append(hoard, make([]byte, 1<<16))
		}
	case 6:
		depth = func(n int) int { return depth(n+1) + 1 }
		return int32(depth(0))
	case 7:
		<-make(chan int)
	}
	binary.LittleEndian.PutUint64(output[0:], 1)
	binary.LittleEndian.PutUint64(output[8:], math.Float64bits(7))
	return 1
}

func main() {}
