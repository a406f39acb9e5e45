// Package wasm reads a tenant's WebAssembly binary strictly and writes it anew, before any engine sees it. It knows the
// binary format and the limits of Lotse; it neither compiles nor runs anything, and it leaves the type checking of
// instructions to the engine's validator, which runs after it.
//
// An instrumented module differs from the binary in one thing that a guest can see: its memory has all its pages from the
// first moment, so that an access to a page that the guest has not grown to yet does not trap. It finds zero, or what the
// same call has written there; memory.size and memory.grow tell what the guest may expect. That is the same on every
// machine, and every such store is marked. A test before each access would make a Go guest twice as large.
//
// The package holds no state and is safe for concurrent use. A Module refers to the bytes that it was decoded from:
// they must not change while it is in use.
package wasm

// ValueType is a type of a parameter, result, local or global, as its byte in the binary format.
type ValueType byte

// The value types that are admitted. References and vectors are not.
const (
	I32 ValueType = 0x7f
	I64 ValueType = 0x7e
	F32 ValueType = 0x7d
	F64 ValueType = 0x7c
)

func (t ValueType) valid() bool { return t >= F64 && t <= I32 }

// PageSize is the size of a page of linear memory.
const PageSize = 64 << 10

// Module is a decoded module that keeps every limit.
type Module struct {
	Limits    Limits // the tier that the module was read by
	Types     []FuncType
	Imports   []Import // functions of WASI only; they take the first function indexes
	Functions []uint32 // type of each function that the module defines
	Table     *Bounds
	Memory    *Bounds
	Globals   []Global
	Exports   []Export
	Elements  []Element
	Code      []Body // as Functions
	Data      []Data
}

// FuncType is a function's signature.
type FuncType struct{ Params, Results []ValueType }

// Is tells whether the signature is this one.
func (t FuncType) Is(params, results []ValueType) bool {
	return string(asBytes(t.Params)) == string(asBytes(params)) && string(asBytes(t.Results)) == string(asBytes(results))
}

func asBytes(v []ValueType) []byte {
	b := make([]byte, len(v))
	for i, t := range v {
		b[i] = byte(t)
	}
	return b
}

// Import is a function that the module expects from outside.
type Import struct {
	Module, Name string
	Type         uint32
}

// Bounds are a table's or a memory's sizes, in entries or in pages.
type Bounds struct {
	Min, Max uint32
	HasMax   bool
}

// Global is a global variable. Init is its constant expression, `end` included.
type Global struct {
	Type    ValueType
	Mutable bool
	Init    []byte
}

// ExternKind says what an import or an export is.
type ExternKind byte

// The kinds of the binary format.
const (
	FuncExport   ExternKind = 0
	TableExport  ExternKind = 1
	MemoryExport ExternKind = 2
	GlobalExport ExternKind = 3
)

// Export is a name for something inside the module.
type Export struct {
	Name  string
	Kind  ExternKind
	Index uint32
}

// Element fills the table from Offset on.
type Element struct {
	Offset    uint32
	Functions []uint32
}

// Body is a function's code. Locals is the raw vector of local groups, Instructions the expression, `end` included.
type Body struct {
	Locals       []byte
	Instructions []byte
}

// Data fills the memory from Offset on.
type Data struct {
	Offset uint32
	Bytes  []byte
}

// Export gives the export of that name.
func (m *Module) Export(name string) (Export, bool) {
	for _, e := range m.Exports {
		if e.Name == name {
			return e, true
		}
	}
	return Export{}, false
}

// TypeOf gives the signature of a function, imported or defined.
func (m *Module) TypeOf(function uint32) FuncType {
	if n := uint32(len(m.Imports)); function < n {
		return m.Types[m.Imports[function].Type]
	} else {
		return m.Types[m.Functions[function-n]]
	}
}

// Image is the memory as the module's data segments leave it, before any code has run.
func (m *Module) Image() []byte {
	if m.Memory == nil {
		return nil
	}
	image := make([]byte, int(m.Memory.Min)*PageSize)
	for _, d := range m.Data {
		copy(image[d.Offset:], d.Bytes)
	}
	return image
}
