//go:build wasip1

// Command observer is a rule module that answers with a number made of everything that it can learn about the machine:
// time, random numbers, arguments, environment, files, the order of a map.
//
//	GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared -o observer.wasm .
package main

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"math"
	mathrand "math/rand/v2"
	"os"
	"time"
	"unsafe"
)

var (
	input  [16 << 10]byte
	output [4 << 10]byte
)

//go:wasmexport lotse_input
func inputAddress() uint32 { return uint32(uintptr(unsafe.Pointer(&input))) }

//go:wasmexport lotse_output
func outputAddress() uint32 { return uint32(uintptr(unsafe.Pointer(&output))) }

//go:wasmexport lotse_evaluate
func evaluate(length uint32) int32 {
	seen := fnv.New64()
	var random [100]byte
	rand.Read(random[:])
	files, err := os.ReadDir("/")
	fmt.Fprintln(os.Stdout, "nobody reads this")
	fmt.Fprintln(os.Stderr, "nor this")
	fmt.Fprint(seen, time.Now(), random, mathrand.Uint64(), os.Args, os.Environ(), files, err)
	for k := range map[int]int{1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 6, 7: 7} {
		fmt.Fprint(seen, k)
	}
	binary.LittleEndian.PutUint64(output[0:], 1)
	binary.LittleEndian.PutUint64(output[8:], math.Float64bits(float64(seen.Sum64()>>16)))
	return 1
}

func main() {}
