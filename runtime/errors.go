package runtime

import (
	"errors"
	"fmt"
	"strings"
)

// ErrClosed says that a module or its host was closed before the call began.
var ErrClosed = errors.New("the module is closed")

// What can be wrong with a call, beside traps and timeouts.
var (
	errRecord  = errors.New("the record is larger than the module's input buffer")
	errRefused = errors.New("the module refused the record")
	errAnswer  = errors.New("the module answered with more entries than its output buffer holds")
	errGrown   = errors.New("the module's memory grew")
)

// Fault is what a module did wrong during a call. It never holds what the module was given or what it answered.
type Fault struct {
	Module string // the name given to Load
	Op     string // "call", "answer", "instantiate"
	Err    error
}

func (f *Fault) Error() string { return fmt.Sprintf("module %s: %s: %v", f.Module, f.Op, f.Err) }

// Unwrap gives the cause; a call that took too long is a context.DeadlineExceeded.
func (f *Fault) Unwrap() error { return f.Err }

// Finding is one reason why a module is not admitted, with what to change.
type Finding struct {
	Where   string // "manifest", "export memory", "byte 1234, section code, function 7"
	Message string
	Remedy  string
}

// AdmissionError lists every reason that was found; it is never empty.
type AdmissionError struct {
	Module   string
	Findings []Finding
}

func (e *AdmissionError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "module %s is not admitted", e.Module)
	for _, f := range e.Findings {
		fmt.Fprintf(&b, "; %s: %s", f.Where, f.Message)
	}
	return b.String()
}

// firstLine cuts the engine's stack trace off: its frames have numbers only, and no reader is helped by them.
func firstLine(err error) error {
	line, _, cut := strings.Cut(err.Error(), "\n")
	if !cut {
		return err
	}
	return errors.New(strings.TrimSuffix(line, " (recovered by wazero)"))
}
