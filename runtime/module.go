package runtime

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/lotse-edge/lotse/runtime/wasm"
	"github.com/lotse-edge/lotse/sdk/abi"
)

// Module is one version of a rule module, compiled and ready. What it answers never changes.
type Module struct {
	name     string
	digest   string
	size     int
	manifest *abi.Manifest
	host     *Host
	fuel     int64 // of one evaluation
	request  *request
	head     productHead

	cold   atomic.Pointer[cold] // nil: to be opened again
	warm   atomic.Pointer[warm] // nil: to be made by the next call
	turn   chan struct{}        // has one element while somebody changes cold or warm
	used   atomic.Int64         // when it was called, as seen by the last look; Unix nanoseconds
	unsafe atomic.Bool          // something was not restored: no further call
	closed atomic.Bool

	close sync.Once
	freed chan struct{}
}

// Manifest says what the module reads and may say. It must not be changed.
func (m *Module) Manifest() *abi.Manifest { return m.manifest }

// Digest is the hex SHA-256 of the binary that was loaded; it identifies the version.
func (m *Module) Digest() string { return m.digest }

// Size is the number of bytes of the binary that was loaded.
func (m *Module) Size() int { return m.size }

// Fuel is the budget of one evaluation.
func (m *Module) Fuel() int64 { return m.fuel }

// Facts tells what a module is made of, for people.
func (m *Module) Facts() Facts {
	return Facts{
		Tier: m.head.Tier, Memory: int(m.head.Guest) * wasm.PageSize, Room: m.head.Memory, Granule: 1 << m.head.Shift,
		InitFuel: m.head.Spent,
	}
}

// Facts is what a host found out about a module.
type Facts struct {
	Tier     string // of the limits that it keeps
	Memory   int    // bytes of memory after the initialisation
	Room     int    // bytes that it may grow to
	Granule  int    // bytes of the pieces by which memory is restored
	InitFuel int64  // units that the initialisation used
}

// Close ends the taking of calls and waits for those in flight; then it frees the module. When the context ends first, the
// module is freed soon after its last call. It may be called more than once.
func (m *Module) Close(ctx context.Context) error {
	m.closed.Store(true)
	m.close.Do(func() { go m.free() })
	select {
	case <-m.freed:
		return nil
	default:
	}
	select {
	case <-m.freed:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("close module %s: %w", m.name, ctx.Err())
	}
}

func (m *Module) free() {
	m.turn <- struct{}{} // for good: nothing is made ready any more
	w := m.warm.Swap(nil)
	m.host.lanes.grace()
	if w != nil {
		m.host.putOut(w)
	}
	m.dropCold()
	m.host.forget(m)
	close(m.freed)
}
