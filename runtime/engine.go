package runtime

import (
	"context"
	"errors"
	"fmt"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// features are what the decoder's allow-list needs, and nothing that a later version of the engine may learn.
const features = api.CoreFeatureMutableGlobal | api.CoreFeatureSignExtensionOps | api.CoreFeatureMultiValue |
	api.CoreFeatureNonTrappingFloatToIntConversion | api.CoreFeatureBulkMemoryOperations

// engine is the compiler and what it has compiled, of one module version: its maps of types and code only grow, and die
// with it. A cache is never shared between two, because the engine mixes up their types then.
type engine struct {
	runtime wazero.Runtime
	cache   wazero.CompilationCache // nil: compiled code is not written down
}

// newEngine makes an engine. It never watches a context: that costs a goroutine for each call and slows loops forty times
// down, and it does not stop a recursion. The modules meter themselves.
func newEngine(ctx context.Context, pages uint32, folder string) (*engine, error) {
	config := wazero.NewRuntimeConfigCompiler().WithCoreFeatures(features).WithMemoryLimitPages(pages).
		WithCustomSections(false).WithDebugInfoEnabled(false)
	e := &engine{}
	if folder != "" {
		var err error
		if e.cache, err = wazero.NewCompilationCacheWithDir(folder); err != nil {
			return nil, fmt.Errorf("open the folder of compiled code: %w", err)
		}
		config = config.WithCompilationCache(e.cache)
	}
	e.runtime = wazero.NewRuntimeWithConfig(ctx, config)
	return e, nil
}

// compile takes the compiled code from the folder, or hands the binary to the compiler. In a server it does so with one
// worker, though two would take half the time: a panic in a worker's goroutine would end the process, and what is compiled
// comes from strangers.
func (e *engine) compile(ctx context.Context, binary []byte) (c wazero.CompiledModule, err error) {
	defer func() {
		if r := recover(); r != nil {
			c, err = nil, fmt.Errorf("the compiler cannot take the module: %v", r)
		}
	}()
	return e.runtime.CompileModule(ctx, binary)
}

// close frees memory only; there is nothing to flush.
func (e *engine) close(ctx context.Context) {
	ctx = context.WithoutCancel(ctx)
	err := e.runtime.Close(ctx)
	if e.cache != nil {
		err = errors.Join(err, e.cache.Close(ctx))
	}
	_ = err
}
