package wasm

import (
	"fmt"
	"math/bits"
)

// Versions of what decides the fuel that a call uses. A replay is the same only under the same two.
const (
	InstrumenterVersion = 3
	PriceVersion        = 3
)

// Names of what the instrumenter exports. The guest can name none of it: the decoder refuses exports that begin with
// Reserved, and every index beyond the module's own.
const (
	FuelExport   = Reserved + "fuel"   // i64: what is left; below 0 means exhausted
	HeightExport = Reserved + "height" // i64: slots of stack that are left; below 0 means overflow
	MaskExport   = Reserved + "mask"   // i64: bit n is set when granule n, or Slack bytes beside it, may differ from the image
	PagesExport  = Reserved + "pages"  // i32: what memory.size says
)

// CallName is the export of the wrapper around the module's export of that name. Its parameters are the fuel (i64) and
// then the function's own; its results the function's own and then the fuel that is left (i64) and the mask (i64). It
// sets fuel, height, mask and, given Options.Globals, the pages and every mutable global; then it calls the function. A
// call that used more than its fuel traps, so after a trap: fuel below 0 is exhaustion, else height below 0 is an
// overflow, else the guest's own trap. After a trap the mask cannot be relied on: restore everything.
func CallName(export string) string { return Reserved + "call_" + export }

// Options say what Instrument makes of a module. The zero value gives a module without wrappers.
type Options struct {
	Calls   []string // exports of functions that the host calls; each gets a wrapper. One that is not there is left out
	Keep    []string // exports that stay, such as the memory; the others are left out
	Seed    uint64   // of what WASI's random_get gives
	Globals []uint64 // value of every global of the module, by index (floats as bits); nil: those of the binary, and wrappers reset none
	Show    bool     // export the mutable globals by GlobalName, for the snapshot after the initialisation

	Pages uint32 // size of the memory, which never changes; 0: as many as at the start of a call
	Size  uint32 // pages at the start of a call, as the guest sees them; 0: the module's minimum
	Stack uint32 // slots of 8 bytes that the native stack may take, by estimate; 0: the tier's default

	countAll bool // every function takes from the height, for tests
	short    bool // as for Go guests, for tests
}

// Instrumented is a module that meters itself and says what it touched.
type Instrumented struct {
	Binary       []byte
	Pages        uint32 // of memory, from the first moment on
	GranuleShift uint   // granule n is the memory from n<<shift on; there are at most 64
	// Slack is what to restore on both sides of a marked granule, because a store may be marked by an address that is near: a
	// power of two, at least 16 and at most a quarter of a granule.
	// The 64 granules lie in a circle: before the first one is the last one.
	Slack uint32
}

// Granule is the size of a granule.
func (i *Instrumented) Granule() int { return 1 << i.GranuleShift }

// Instrument writes the module that the engine sees. It imports nothing, has no start function, no data segments (the
// host writes the image) and no custom sections. No index of the module moves: types, globals, functions and locals are
// added at the end.
func Instrument(m *Module, o Options) (*Instrumented, error) {
	if o.Globals != nil && len(o.Globals) != len(m.Globals) {
		return nil, fmt.Errorf("instrument: %d values for %d globals", len(o.Globals), len(m.Globals))
	}
	w := &writer{m: m, o: o, types: m.Types[:len(m.Types):len(m.Types)], typeIndex: map[string]uint32{}}
	w.layout()
	w.gather()
	made := &Instrumented{Binary: Encode(w.module()), Pages: w.physical, GranuleShift: w.shift}
	made.Slack = 1 << bits.Len32(w.reach-1)
	return made, nil
}
