package runtime

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	goruntime "runtime"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"github.com/lotse-edge/lotse/runtime/wasm"
	"github.com/lotse-edge/lotse/sdk/abi"
)

// request is all that a product depends on: the module and, in the head, what the host decided and who does the work. It
// is bytes because it crosses to another process, and because its digest names what is kept.
type request struct {
	requestHead
	binary []byte
}

type requestHead struct {
	Pages        uint32 `json:"pages"` // that the manifest asks for; 0: the tier's
	InitFuel     int64  `json:"init_fuel"`
	Seed         uint64 `json:"seed"` // of random numbers
	Instrumenter int    `json:"instrumenter"`
	Prices       int    `json:"prices"`
	Product      int    `json:"product"` // version of what Prepare makes beyond the instrumenter
}

const productVersion = 1

func (r *request) encode() []byte {
	head, err := json.Marshal(r.requestHead)
	if err != nil {
		panic("BUG: a request of numbers cannot be written")
	}
	b := binary.LittleEndian.AppendUint32(nil, uint32(len(head)))
	return append(append(b, head...), r.binary...)
}

var errRequest = errors.New("not a request for a preparation by this version")

func decodeRequest(b []byte) (*request, error) {
	if len(b) < 4 || uint64(binary.LittleEndian.Uint32(b)) > uint64(len(b)-4) {
		return nil, errRequest
	}
	n := 4 + int(binary.LittleEndian.Uint32(b))
	r := &request{binary: b[n:]}
	d := json.NewDecoder(bytes.NewReader(b[4:n]))
	d.DisallowUnknownFields()
	if d.Decode(&r.requestHead) != nil || r.Instrumenter != wasm.InstrumenterVersion || r.Prices != wasm.PriceVersion || r.Product != productVersion {
		return nil, errRequest
	}
	return r, nil
}

// Prepare is the part of an admission that a hostile module can make costly: it initialises and instruments the module,
// and has the engine put the compiled code into the folder, which is empty. What is wrong with the module is in the
// product. A Workshop calls it in a process of its own; nothing but the request and the folder's path goes in.
func Prepare(ctx context.Context, requested []byte, folder string) ([]byte, error) {
	r, err := decodeRequest(requested)
	if err != nil {
		return nil, err
	}
	p := r.prepare(ctx)
	if len(p.Findings) == 0 {
		e, err := newEngine(ctx, p.Pages, folder)
		if err != nil {
			return nil, err
		}
		defer e.close(ctx)
		// A panic in a worker's goroutine ends the process: this one may.
		several := experimental.WithCompilationWorkers(ctx, min(4, goruntime.GOMAXPROCS(0)))
		if _, err := e.compile(several, p.Binary); err != nil {
			p.Findings = append(p.Findings, notCompiled(err))
		}
	}
	return p.encode()
}

// Probe has the engine put some compiled code into the folder. The path of the file that it makes there is the engine's
// own fingerprint: its version, the system and the processor's features.
func Probe(ctx context.Context, folder string) error {
	e, err := newEngine(ctx, 1, folder)
	if err != nil {
		return err
	}
	defer e.close(ctx)
	_, err = e.compile(ctx, []byte("\x00asm\x01\x00\x00\x00"))
	return err
}

func notCompiled(err error) Finding {
	return Finding{"code", firstLine(err).Error(), "build the module again with another version of the toolchain"}
}

// prepare gives the product without its compiled code. It never panics: a panic of the interpreter is a finding.
func (r *request) prepare(ctx context.Context) (p *product) {
	refused := func(f Finding) *product { return &product{productHead: productHead{Findings: []Finding{f}}} }
	defer func() {
		if v := recover(); v != nil {
			p = refused(notCompiled(fmt.Errorf("the module cannot be prepared: %v", v)))
		}
	}()
	module, problems := wasm.Decode(r.binary, r.Pages)
	if len(problems) > 0 {
		return refused(Finding{problems[0].Where(), problems[0].Message, problems[0].Remedy})
	}
	s, err := r.initialise(ctx, module)
	if err != nil {
		return refused(r.notInitialised(err))
	}
	made, err := wasm.Instrument(module, wasm.Options{
		Calls: []string{abi.ExportEvaluate}, Keep: []string{exportMemory}, Seed: r.Seed,
		Globals: s.globals, Size: s.pages, Pages: roomFor(module, s.pages),
	})
	if err != nil {
		return refused(notCompiled(err))
	}
	p = &product{Binary: made.Binary, Image: s.memory, productHead: productHead{
		Input: s.input, Output: s.output, Pages: made.Pages, Shift: made.GranuleShift, Slack: made.Slack, Spent: s.spent,
		Tier: module.Limits.Name, Guest: s.pages,
	}}
	p.Image = append(p.Image, make([]byte, int(made.Pages)*wasm.PageSize-len(p.Image))...)
	p.Memory = len(p.Image)
	return p
}

// roomFor is how large the memory is that a call may grow into: as far as it goes without coarser granules, because they
// are what a reset copies. A module that asks for memory in its manifest has its say.
func roomFor(m *wasm.Module, pages uint32) uint32 {
	granule := uint32(1)
	for granule*64 < pages*wasm.PageSize {
		granule *= 2
	}
	return max(pages, min(granule*64/wasm.PageSize, m.Limits.Pages))
}

// snapshot is what a module is after its initialisation.
type snapshot struct {
	input, output uint32
	pages         uint32 // that the guest has
	memory        []byte
	globals       []uint64 // all, by index
	spent         int64
}

var (
	errBuffer = errors.New("a buffer lies outside the memory or over the other one")
	errInit   = errors.New("the initialisation uses up its fuel")
	// The decoder leaves the types of instructions to the engine.
	errInvalid = errors.New("not a valid module")
)

func (r *request) notInitialised(err error) Finding {
	if errors.Is(err, errBuffer) {
		return Finding{"buffers", err.Error(), fmt.Sprintf("give %s %d bytes and %s %d bytes inside the memory, apart from each other",
			abi.ExportInput, abi.MaxRecord, abi.ExportOutput, abi.MaxEntries*abi.EntrySize)}
	}
	if errors.Is(err, errInvalid) {
		return notCompiled(err)
	}
	return Finding{"initialisation", firstLine(err).Error(), "initialise less, and without what needs a clock, files or a network"}
}

// initialise runs what a module does once, asks for its buffers and takes the snapshot. The module is metered, and an
// interpreter runs it: compiling it for one run would double the time of an admission.
func (r *request) initialise(ctx context.Context, m *wasm.Module) (*snapshot, error) {
	first := abi.ExportInput
	if _, ok := m.Export(exportInitialise); ok {
		first = exportInitialise
	}
	made, err := wasm.Instrument(m, wasm.Options{
		Calls: []string{first}, Keep: []string{exportMemory, abi.ExportInput, abi.ExportOutput}, Seed: r.Seed,
		Show: true, Pages: m.Limits.Pages,
	})
	if err != nil {
		return nil, err
	}
	engine := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter().WithCoreFeatures(features).
		WithMemoryLimitPages(made.Pages).WithCustomSections(false).WithDebugInfoEnabled(false))
	defer engine.Close(ctx)
	compiled, err := engine.CompileModule(ctx, made.Binary)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errInvalid, err)
	}
	guest, err := engine.InstantiateModule(ctx, compiled, noStart)
	if err != nil {
		return nil, err
	}
	if !guest.Memory().Write(0, m.Image()) {
		return nil, errors.New("the memory is smaller than its image")
	}
	fuel := guest.ExportedGlobal(wasm.FuelExport)
	// The wrapper sets the fuel; the calls behind it use what is left.
	call := func(name string, params ...uint64) (uint32, error) {
		results, err := guest.ExportedFunction(name).Call(ctx, params...)
		if err != nil {
			if int64(fuel.Get()) < 0 {
				err = errInit
			}
			return 0, err
		}
		if len(results) == 0 {
			return 0, nil
		}
		return uint32(results[0]), nil
	}
	s := &snapshot{}
	if s.input, err = call(wasm.CallName(first), uint64(r.InitFuel)); err != nil {
		return nil, err
	}
	if first == exportInitialise {
		if s.input, err = call(abi.ExportInput); err != nil {
			return nil, err
		}
	}
	if s.output, err = call(abi.ExportOutput); err != nil {
		return nil, err
	}
	s.spent = r.InitFuel - int64(fuel.Get())
	s.pages = uint32(guest.ExportedGlobal(wasm.PagesExport).Get())
	size := uint64(s.pages) * wasm.PageSize
	in, out := uint64(s.input), uint64(s.output)
	inEnd, outEnd := in+abi.MaxRecord, out+abi.MaxEntries*abi.EntrySize
	if inEnd > size || outEnd > size || in < outEnd && out < inEnd {
		return nil, errBuffer
	}
	view, ok := guest.Memory().Read(0, uint32(size))
	if !ok {
		return nil, errors.New("the memory is smaller than the module was told")
	}
	s.memory = bytes.Clone(view)
	s.globals, err = globalsOf(m, guest)
	return s, err
}

// globalsOf gives the value of every global: of the mutable ones what they are now, of the others what they always are.
func globalsOf(m *wasm.Module, guest api.Module) ([]uint64, error) {
	values := make([]uint64, len(m.Globals))
	for i, g := range m.Globals {
		if g.Mutable {
			values[i] = guest.ExportedGlobal(wasm.GlobalName(i)).Get()
			continue
		}
		v, err := constant(g.Init)
		if err != nil {
			return nil, fmt.Errorf("global %d: %w", i, err)
		}
		values[i] = v
	}
	return values, nil
}

// constant reads a constant expression, which the decoder has checked: an opcode, a number, end.
func constant(init []byte) (uint64, error) {
	if len(init) < 2 {
		return 0, errRequest
	}
	number := init[1 : len(init)-1]
	switch init[0] {
	case 0x41, 0x42: // i32.const, i64.const: signed LEB128
		var v int64
		var shift uint
		for _, b := range number {
			v |= int64(b&0x7f) << shift
			if shift += 7; b&0x80 == 0 && b&0x40 != 0 && shift < 64 {
				v |= -1 << shift
			}
		}
		if init[0] == 0x41 {
			return uint64(uint32(v)), nil
		}
		return uint64(v), nil
	case 0x43: // f32.const
		return uint64(binary.LittleEndian.Uint32(number)), nil
	case 0x44: // f64.const
		return binary.LittleEndian.Uint64(number), nil
	default:
		return 0, errRequest
	}
}
