//go:build wasip1

// Command large is a rule module that draws in as much of the standard library as fits: what the limits must admit.
//
//	GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared -o large.wasm .
package main

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"math/big"
	"net/url"
	"regexp"
	"sort"
	"strings"
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
	text := string(input[:length])
	var tree map[string]any
	_ = json.Unmarshal(input[:length], &tree)
	words := strings.Fields(text)
	sort.Strings(words)
	sum := len(tree) + len(words)
	if u, err := url.Parse(text); err == nil {
		sum += len(u.Host)
	}
	if r, err := regexp.Compile(text); err == nil {
		sum += len(r.FindAllString(text, -1))
	}
	sum += new(big.Int).Exp(big.NewInt(3), big.NewInt(int64(length%100)), nil).BitLen()
	sum += len(time.Unix(int64(length), 0).UTC().Format(time.RFC3339))
	binary.LittleEndian.PutUint64(output[0:], 1)
	binary.LittleEndian.PutUint64(output[8:], math.Float64bits(float64(sum)))
	return 1
}

func main() {}
