package runtime

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// A policy imports its memory and its host's functions from one module, env. The engine lets a host define functions but
// no memory, so env is a module of Wasm, made here: it defines the memory, and passes the functions on from another one.
const (
	policyEnv    = "env"
	policyHost   = "host"
	policyMemory = "memory"
)

// policyImport is a function that OPA's ABI asks of a host. All parameters and results are i32.
type policyImport struct {
	name    string
	in, out byte // how many
	call    api.GoModuleFunc
}

func (f policyImport) params() []api.ValueType {
	return bytes.Repeat([]byte{api.ValueTypeI32}, int(f.in))
}

func (f policyImport) results() []api.ValueType {
	return bytes.Repeat([]byte{api.ValueTypeI32}, int(f.out))
}

// policyImports never changes. No builtin is given to a policy: it can reach nothing but its input and its data.
var policyImports = []policyImport{
	{"opa_abort", 1, 0, policyAborts},
	{"opa_println", 1, 0, func(context.Context, api.Module, []uint64) {}},
	{"opa_builtin0", 2, 1, policyCallsOut},
	{"opa_builtin1", 3, 1, policyCallsOut},
	{"opa_builtin2", 4, 1, policyCallsOut},
	{"opa_builtin3", 5, 1, policyCallsOut},
	{"opa_builtin4", 6, 1, policyCallsOut},
}

// maxAbort is how much of what a policy says when it gives up is passed on.
const maxAbort = 500

// abort is what a policy said when it gave up. The engine carries a host function's panic to the caller as an error.
type abort struct{ text string }

func (a *abort) Error() string { return "the policy gave up: " + a.text }

func policyAborts(_ context.Context, m api.Module, stack []uint64) {
	addr, size := uint32(stack[0]), m.Memory().Size()
	text, _ := m.Memory().Read(addr, min(maxAbort, size-min(addr, size)))
	text, _, _ = bytes.Cut(text, []byte{0})
	panic(&abort{string(bytes.ToValidUTF8(text, []byte("?")))})
}

func policyCallsOut(context.Context, api.Module, []uint64) {
	panic(&abort{"it calls a builtin that it did not list"})
}

// policyFault is what ended a call, without the engine's stack trace.
func policyFault(err error) error {
	if a := (*abort)(nil); errors.As(err, &a) {
		return a
	}
	return firstLine(err)
}

// policyExports are the functions that the host calls, with their numbers of parameters and results.
var policyExports = []struct {
	name    string
	in, out int
}{
	{"opa_eval", 7, 1},
	{"opa_malloc", 1, 1},
	{"opa_json_parse", 2, 1},
	{"opa_json_dump", 1, 1},
	{"opa_heap_ptr_get", 0, 1},
	{"builtins", 0, 1},
	{"entrypoints", 0, 1},
}

// inspectPolicy checks that a binary is a policy as this host runs it, and tells the pages that it needs at least. That
// these are not more than it may have has been checked by the compiler.
func inspectPolicy(m wazero.CompiledModule) (pages uint32, err error) {
	for _, f := range m.ImportedFunctions() {
		if module, name, _ := f.Import(); !knownImport(module, name, f) {
			return 0, fmt.Errorf("the binary is not a policy of OPA: it imports %s.%s", module, name)
		}
	}
	memories := m.ImportedMemories()
	if len(memories) != 1 {
		return 0, errors.New("the binary is not a policy of OPA: it does not import its memory")
	}
	if module, name, _ := memories[0].Import(); module != policyEnv || name != policyMemory {
		return 0, fmt.Errorf("the binary is not a policy of OPA: it imports the memory %s.%s", module, name)
	}
	exports := m.ExportedFunctions()
	for _, want := range policyExports {
		f, ok := exports[want.name]
		if !ok {
			return 0, fmt.Errorf("the binary is not a policy of OPA's ABI 1.3: it does not export %s", want.name)
		}
		if len(f.ParamTypes()) != want.in || len(f.ResultTypes()) != want.out {
			return 0, fmt.Errorf("the binary is not a policy of OPA's ABI 1.3: %s has another signature", want.name)
		}
	}
	return memories[0].Min(), nil
}

func knownImport(module, name string, f api.FunctionDefinition) bool {
	for _, known := range policyImports {
		if module == policyEnv && name == known.name {
			return bytes.Equal(f.ParamTypes(), known.params()) && bytes.Equal(f.ResultTypes(), known.results())
		}
	}
	return false
}

// policyABI reads the version from the globals that every policy exports.
func policyABI(m api.Module) error {
	major, minor := m.ExportedGlobal("opa_wasm_abi_version"), m.ExportedGlobal("opa_wasm_abi_minor_version")
	if major == nil || minor == nil {
		return errors.New("the binary is not a policy of OPA: it does not tell the version of its ABI")
	}
	// A later minor version only adds to what there is.
	if a, b := uint32(major.Get()), uint32(minor.Get()); a != 1 || b < 3 {
		return fmt.Errorf("the policy is of OPA's ABI %d.%d: this host runs 1.3: compile it with the OPA of this version", a, b)
	}
	return nil
}

// policyShim writes the module env.
func policyShim(pages, limit uint32) []byte {
	n := byte(len(policyImports))
	types, imports, exports := []byte{n}, []byte{n}, []byte{n + 1}
	for i, f := range policyImports {
		types = append(append(append(types, 0x60, f.in), f.params()...), f.out)
		types = append(types, f.results()...)
		imports = append(appendName(appendName(imports, policyHost), f.name), 0, byte(i)) // a function of type i
		exports = append(appendName(exports, f.name), 0, byte(i))                         // the function i
	}
	memory := binary.AppendUvarint(binary.AppendUvarint([]byte{1, 1}, uint64(pages)), uint64(limit))
	exports = append(appendName(exports, policyMemory), 2, 0) // the memory 0

	b := []byte("\x00asm\x01\x00\x00\x00")
	for _, s := range []struct {
		id      byte
		content []byte
	}{{1, types}, {2, imports}, {5, memory}, {7, exports}} {
		b = append(binary.AppendUvarint(append(b, s.id), uint64(len(s.content))), s.content...)
	}
	return b
}

// appendName appends a text with its length. Wasm's lengths are unsigned LEB128, as Go's varints are.
func appendName(b []byte, name string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(name))), name...)
}
