package wasm

import "fmt"

// Problem is one reason why a binary is refused, with the place in it and what to change.
type Problem struct {
	Offset   int // in the binary
	Section  string
	Function int // index, or -1 outside functions
	Message  string
	Remedy   string
}

// Where tells the place in words.
func (p Problem) Where() string {
	s := fmt.Sprintf("byte %d", p.Offset)
	if p.Section != "" {
		s += ", section " + p.Section
	}
	if p.Function >= 0 {
		s += fmt.Sprintf(", function %d", p.Function)
	}
	return s
}

func (p Problem) String() string { return p.Where() + ": " + p.Message }

// maxProblems ends the reading of a hopeless module; nobody reads the hundredth line.
const maxProblems = 32

// rebuild is the remedy for a binary that no toolchain writes.
const rebuild = "the file is damaged or not WebAssembly: build it again"
