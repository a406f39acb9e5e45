package compile_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/lotse-edge/lotse/rules/compile"
)

// outcome is what an expression gives, as text that tells every bit: "int 7", "error".
type outcome string

const failed outcome = "error"

// machine runs expressions that were compiled.
type machine struct {
	runtime  wazero.Runtime
	compiled *compile.Expressions
	module   api.Module
	memory   []byte
}

// newMachine makes one in wazero's interpreter, which needs no compilation.
func newMachine(t testing.TB, x *compile.Expressions) *machine {
	t.Helper()
	return machineIn(t, x, wazero.NewRuntimeConfigInterpreter())
}

// newCompilingMachine makes one in wazero's compiler, as the host has it.
func newCompilingMachine(t testing.TB, x *compile.Expressions) *machine {
	t.Helper()
	return machineIn(t, x, wazero.NewRuntimeConfigCompiler())
}

func machineIn(t testing.TB, x *compile.Expressions, c wazero.RuntimeConfig) *machine {
	t.Helper()
	ctx := context.Background()
	r := wazero.NewRuntimeWithConfig(ctx, c)
	m, err := r.Instantiate(ctx, x.Wasm)
	if err != nil {
		t.Fatalf("instantiate: %v", err)
	}
	memory, ok := m.Memory().Read(0, m.Memory().Size())
	if !ok {
		t.Fatal("no memory")
	}
	return &machine{r, x, m, memory}
}

func (m *machine) close() { _ = m.runtime.Close(context.Background()) }

func (m *machine) call(t testing.TB, name string) bool {
	result, err := m.module.ExportedFunction(name).Call(context.Background())
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return uint32(result[0]) == 1
}

func (m *machine) run(t testing.TB, n int) outcome {
	ok := m.call(t, compile.Name(n))
	at := m.memory[compile.ValueAt:]
	bits := binary.LittleEndian.Uint64(at)
	kind := m.compiled.Kinds[n]
	if kind == "bool" {
		if holds := m.call(t, "when-"+compile.Name(n)); holds != (ok && uint32(bits) == 1) {
			t.Errorf("as a condition the expression says %v, and as a value not", holds)
		}
	}
	if !ok {
		return failed
	}
	switch kind {
	case "bool":
		return outcome(fmt.Sprintf("bool %v", uint32(bits) == 1))
	case "int", "time", "span":
		return outcome(fmt.Sprintf("%s %d", kind, int64(bits)))
	case "double":
		return double(math.Float64frombits(bits))
	default:
		p, length := binary.LittleEndian.Uint32(at), binary.LittleEndian.Uint32(at[4:])
		return outcome(fmt.Sprintf("string %q", m.memory[p:p+length]))
	}
}

// double tells zeros apart, and does not tell NaNs apart.
func double(v float64) outcome {
	if math.IsNaN(v) {
		return "double NaN"
	}
	return outcome(fmt.Sprintf("double %v %x", v, math.Float64bits(v)))
}
