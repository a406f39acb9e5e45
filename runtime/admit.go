package runtime

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"

	"github.com/lotse-edge/lotse/runtime/wasm"
	"github.com/lotse-edge/lotse/sdk/abi"
)

// Names of what the host uses beside the contract's own.
const (
	exportMemory     = "memory"
	exportInitialise = "_initialize"
	exportCommand    = "_start"
)

var i32 = []wasm.ValueType{wasm.I32}

// plan is a module that passed every check which needs no engine.
type plan struct {
	name     string
	digest   string // hex SHA-256 of what was uploaded
	size     int
	manifest *abi.Manifest
	request  *request
	fuel     int64 // of one evaluation
}

// inspect holds a binary against the limits and the contract. It takes milliseconds whatever the binary is, because
// nothing here is compiled.
func inspect(name string, bin []byte, c Config) (*plan, error) {
	var findings []Finding
	add := func(where, message, remedy string) {
		findings = append(findings, Finding{where, message, remedy})
	}
	sum := sha256.Sum256(bin)
	p := &plan{name: name, digest: hex.EncodeToString(sum[:]), size: len(bin)}

	var err error
	var pages uint32
	if len(bin) > wasm.GoGuest.Size {
		add("file", fmt.Sprintf("%d bytes: a module may have %d", len(bin), wasm.GoGuest.Size), "make the module smaller")
		return nil, &AdmissionError{name, findings}
	}
	if p.manifest, err = abi.ManifestOf(bin); err != nil {
		add("manifest", err.Error(), "append the manifest with `lotse build`, or correct it")
	} else {
		if p.manifest.Memory > c.MemoryPages {
			add("manifest memory", fmt.Sprintf("asks for %d pages: this host gives %d", p.manifest.Memory, c.MemoryPages),
				"ask for less memory")
		} else {
			pages = p.manifest.Memory
		}
		if p.manifest.Fuel > uint64(c.MaxFuel) {
			add("manifest fuel", fmt.Sprintf("asks for %d units: this host gives %d", p.manifest.Fuel, c.MaxFuel),
				"ask for less fuel, and do less in one evaluation")
		} else if p.fuel = c.Fuel; p.manifest.Fuel > 0 {
			p.fuel = int64(p.manifest.Fuel)
		}
	}

	module, problems := wasm.Decode(bin, pages)
	for _, b := range problems {
		add(b.Where(), b.Message, b.Remedy)
	}
	if module != nil {
		findings = append(findings, contract(module)...)
	}
	if len(findings) > 0 {
		return nil, &AdmissionError{name, findings}
	}
	p.request = &request{binary: bin, requestHead: requestHead{
		Pages: pages, InitFuel: c.InitFuel, Seed: binary.LittleEndian.Uint64(sum[:]),
		Instrumenter: wasm.InstrumenterVersion, Prices: wasm.PriceVersion, Product: productVersion,
	}}
	return p, nil
}

// contract checks what a rule module must export.
func contract(m *wasm.Module) (findings []Finding) {
	add := func(export, message, remedy string) {
		findings = append(findings, Finding{"export " + export, message, remedy})
	}
	if e, ok := m.Export(exportMemory); !ok || e.Kind != wasm.MemoryExport {
		add(exportMemory, "missing", "export the module's memory under this name")
	}
	function := func(name string, params, results []wasm.ValueType, signature string, required bool) {
		e, ok := m.Export(name)
		switch {
		case !ok && required:
			add(name, "missing", "export it as "+signature)
		case ok && (e.Kind != wasm.FuncExport || !m.TypeOf(e.Index).Is(params, results)):
			add(name, "another signature than the contract's", "export it as "+signature)
		}
	}
	function(abi.ExportInput, nil, i32, "func() -> i32", true)
	function(abi.ExportOutput, nil, i32, "func() -> i32", true)
	function(abi.ExportEvaluate, i32, i32, "func(i32) -> i32", true)
	function(exportInitialise, nil, nil, "func()", false)
	if _, ok := m.Export(exportCommand); ok {
		add(exportCommand, "the module is a command, not a library",
			"build a library (Go: -buildmode=c-shared; clang: -mexec-model=reactor)")
	}
	return findings
}
