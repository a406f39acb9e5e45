package runtime

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/tetratelabs/wazero"

	"github.com/lotse-edge/lotse/runtime/wasm"
	"github.com/lotse-edge/lotse/sdk/abi"
)

// Module is one version of a rule module, compiled and ready. It never changes.
type Module struct {
	name     string
	digest   string
	size     int
	manifest *abi.Manifest
	host     *Host
	fuel     int64 // of one evaluation

	engine   *engine
	compiled wazero.CompiledModule
	head     productHead
	image    []byte // what the memory is at the beginning of a call
	pool     *pool
	unsafe   atomic.Bool // something was not restored: no further call

	users atomic.Int64 // references, or those plus retired once no more are given
	freed chan struct{}
}

// retired is far above any number of references.
const retired = 1 << 32

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
		Tier: m.head.Tier, Memory: int(m.head.Guest) * wasm.PageSize, Room: len(m.image), Granule: 1 << m.head.Shift,
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

// Acquire takes a reference, which keeps the module from being freed until Release. It gives false, and no reference,
// once the module is closed.
func (m *Module) Acquire() bool {
	for {
		n := m.users.Load()
		if n >= retired {
			return false
		}
		if m.users.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

// Release gives a reference back.
func (m *Module) Release() {
	switch n := m.users.Add(-1); {
	case n == retired:
		m.free()
	case n < 0 || n > retired/2 && n < retired:
		panic("BUG: a module was released more often than acquired")
	}
}

// retire ends the giving of references, and frees the module if there are none.
func (m *Module) retire() {
	for {
		n := m.users.Load()
		if n >= retired {
			return
		}
		if m.users.CompareAndSwap(n, n+retired) {
			if n == 0 {
				m.free()
			}
			return
		}
	}
}

// free runs exactly once: at the last release of a retired module.
func (m *Module) free() {
	m.engine.close(context.Background())
	m.host.forget(m)
	close(m.freed)
}

// Close lets no new reference be taken and waits for the last one. When the context ends first, the last Release frees
// the module. It may be called more than once.
func (m *Module) Close(ctx context.Context) error {
	m.retire()
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
