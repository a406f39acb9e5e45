package runtime

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
)

// DefaultPolicyPages is how much memory one instance of a policy may have, in pages of 64 KiB: 16 MiB.
const DefaultPolicyPages = 256

// PolicyConfig bounds what a policy may cost. The zero value means the defaults.
type PolicyConfig struct {
	MemoryPages uint32 // of 64 KiB, of one instance; at most 4096
}

// Policy is one instance of a policy that OPA compiled to WebAssembly (ABI 1.3). It is not safe for concurrent use: each
// worker takes a Clone, which shares the compiled code.
//
// The binary is OPA's own output, made from Rego in this process; it is not an upload, and nothing here holds it against
// the limits for strangers' modules. Rego has neither recursion nor loops without a bound, so an evaluation ends; it is
// not metered, and a context that ends during it is seen only afterwards.
type Policy struct {
	code *policyCode

	env, module api.Module
	memory      api.Memory
	eval        api.Function // resolved once: resolving allocates a stack
	stack       [7]uint64
	data, heap  uint32 // addresses: of the parsed data, and of what is free behind it
	broken      error  // what ended an evaluation in its middle
	closed      bool
}

// policyCode is what the instances of one policy share. The last one to be closed frees it.
type policyCode struct {
	engine      *engine
	policy, env wazero.CompiledModule
	json        []byte // the data, as JSON
	entrypoints map[string]int32

	mu    sync.Mutex
	users int
}

// OpenPolicy compiles a policy and makes its first instance. The data is a JSON object, which the rules see as `data`;
// nil stands for none. A binary that OPA did not make, one of another ABI, one that needs more memory than it may have,
// and one that calls builtins which the binary does not contain are refused.
func OpenPolicy(ctx context.Context, wasm, data []byte, c PolicyConfig) (_ *Policy, err error) {
	if c.MemoryPages > maxPages {
		return nil, fmt.Errorf("open policy: memory pages: %d is more than %d (256 MiB)", c.MemoryPages, maxPages)
	}
	if len(data) > 0 && !json.Valid(data) {
		return nil, errors.New("open policy: the data is not JSON")
	}
	if c.MemoryPages == 0 {
		c.MemoryPages = DefaultPolicyPages
	}
	code := &policyCode{json: data, users: 1}
	if code.engine, err = newEngine(ctx, c.MemoryPages, ""); err != nil {
		return nil, fmt.Errorf("open policy: %w", err)
	}
	defer func() {
		if err != nil {
			code.engine.close(ctx)
		}
	}()
	if code.policy, err = code.engine.compile(ctx, wasm); err != nil {
		return nil, fmt.Errorf("open policy: compile: %w", err)
	}
	pages, err := inspectPolicy(code.policy)
	if err != nil {
		return nil, fmt.Errorf("open policy: %w", err)
	}
	if err := code.link(ctx, pages, c.MemoryPages); err != nil {
		return nil, fmt.Errorf("open policy: %w", err)
	}
	p, err := code.instantiate(ctx)
	if err != nil {
		return nil, fmt.Errorf("open policy: %w", err)
	}
	if code.entrypoints, err = p.tables(ctx); err != nil {
		return nil, fmt.Errorf("open policy: %w", err)
	}
	return p, nil
}

// Clone makes another instance of the same policy with the same data, for another worker. Clones may be made while other
// instances evaluate, but not after this one is closed.
func (p *Policy) Clone(ctx context.Context) (*Policy, error) {
	if p.closed {
		return nil, fmt.Errorf("clone policy: %w", ErrClosed)
	}
	clone, err := p.code.instantiate(ctx)
	if err != nil {
		return nil, fmt.Errorf("clone policy: %w", err)
	}
	p.code.mu.Lock()
	p.code.users++
	p.code.mu.Unlock()
	return clone, nil
}

// Entrypoints are the numbers of what can be asked, by name, such as "privacy/decision/verdict". The map is shared and
// must not be changed.
func (p *Policy) Entrypoints() map[string]int32 { return p.code.entrypoints }

// Close frees the instance, and with the last one the compiled code.
func (p *Policy) Close(ctx context.Context) error {
	if p.closed {
		return nil
	}
	p.closed = true
	err := errors.Join(p.module.Close(ctx), p.env.Close(ctx))
	p.code.mu.Lock()
	p.code.users--
	last := p.code.users == 0
	p.code.mu.Unlock()
	if last {
		p.code.engine.close(ctx)
	}
	return err
}

// link compiles the module that an instance imports from, and makes the functions behind it.
func (c *policyCode) link(ctx context.Context, pages, limit uint32) (err error) {
	b := c.engine.runtime.NewHostModuleBuilder(policyHost)
	for _, f := range policyImports {
		b.NewFunctionBuilder().WithGoModuleFunction(f.call, f.params(), f.results()).Export(f.name)
	}
	if _, err = b.Instantiate(ctx); err != nil {
		return fmt.Errorf("make the policy's imports: %w", err)
	}
	if c.env, err = c.engine.compile(ctx, policyShim(pages, limit)); err != nil {
		return fmt.Errorf("make the policy's memory: %w", err)
	}
	return nil
}

// instantiate makes an instance with a memory of its own, and reads the data into it.
func (c *policyCode) instantiate(ctx context.Context) (_ *Policy, err error) {
	p := &Policy{code: c}
	if p.env, err = c.engine.runtime.InstantiateModule(ctx, c.env, noStart); err != nil {
		return nil, fmt.Errorf("make an instance's memory: %w", err)
	}
	// The instances' memories have no names, so that there can be many: this is how an instance finds its own.
	own := experimental.WithImportResolver(ctx, func(name string) api.Module {
		if name == policyEnv {
			return p.env
		}
		return nil
	})
	if p.module, err = c.engine.runtime.InstantiateModule(own, c.policy, noStart); err != nil {
		return nil, errors.Join(fmt.Errorf("make an instance: %w", policyFault(err)), p.env.Close(ctx))
	}
	p.memory = p.env.ExportedMemory(policyMemory)
	p.eval = p.module.ExportedFunction("opa_eval")
	if err = policyABI(p.module); err == nil {
		err = p.load(ctx, c.json)
	}
	if err != nil {
		return nil, errors.Join(err, p.module.Close(ctx), p.env.Close(ctx))
	}
	return p, nil
}
