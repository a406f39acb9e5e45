package runtime

import (
	"errors"
	"fmt"
	"strings"
)

// ErrClosed says that a module or its host was closed before the call began.
var ErrClosed = errors.New("the module is closed")

// ErrBusy says that other calls kept all places for as long as a call may wait. It says nothing about the module.
var ErrBusy = errors.New("too many calls of modules at one moment")

// ErrUnsafe says that after a call the module's memory was not what it must be, though everything that the call wrote was
// restored: the host takes no further call of it. It is the host's error, or an attack; it is never the module's right.
var ErrUnsafe = errors.New("the module is closed: its memory was not as before after a call")

// What ends a call that costs too much. A *Fault of the same kind unwraps to it.
var (
	ErrFuel  = errors.New("the module used up its fuel")
	ErrStack = errors.New("the module's calls are nested too deeply")
)

// What else can be wrong with a call, beside traps.
var (
	errRecord  = errors.New("the record is larger than the module's input buffer")
	errRefused = errors.New("the module refused the record")
	errAnswer  = errors.New("the module answered with more entries than its output buffer holds")
)

// FaultKind says in which way a module failed.
type FaultKind uint8

// The kinds of faults.
const (
	OutOfFuel    FaultKind = iota + 1 // the budget of the call is used up
	StackTooDeep                      // calls within calls, or their locals, beyond the limit
	Trapped                           // unreachable, a division by zero, an access outside the memory
	BadAnswer                         // a refusal, or entries that the manifest does not allow
	NoInstance                        // the host could not make an instance
)

func (k FaultKind) String() string {
	switch k {
	case OutOfFuel:
		return "out of fuel"
	case StackTooDeep:
		return "stack too deep"
	case Trapped:
		return "trap"
	case BadAnswer:
		return "bad answer"
	case NoInstance:
		return "no instance"
	default:
		return "unknown"
	}
}

// Fault is what a module did wrong during a call. It never holds what the module was given or what it answered.
type Fault struct {
	Module string // the name given to Load
	Kind   FaultKind
	Err    error
}

func (f *Fault) Error() string { return fmt.Sprintf("module %s: %v: %v", f.Module, f.Kind, f.Err) }

// Unwrap gives the cause.
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
