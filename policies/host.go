package policies

import "context"

// Host opens policies that OPA compiled to WebAssembly; the edge's runtime is one.
type Host interface {
	// OpenPolicy opens a policy (wasm, of OPA's ABI 1.3) with its data, a JSON object.
	OpenPolicy(ctx context.Context, wasm, data []byte) (CompiledPolicy, error)
}

// CompiledPolicy is an opened policy. It is not safe for concurrent use: each worker opens its own, by Clone, which does
// not compile again.
type CompiledPolicy interface {
	// Entrypoints are the numbers of what can be asked, by name, such as "privacy/decision/verdict".
	Entrypoints() map[string]int32
	// Evaluate takes an input in JSON and gives a result set in JSON: [] if the entry point is undefined, else
	// [{"result":VALUE}]. It is valid until the next call. After an error, no further call succeeds.
	Evaluate(ctx context.Context, entrypoint int32, input []byte) ([]byte, error)
	// Clone opens the same policy again with the same data.
	Clone(ctx context.Context) (CompiledPolicy, error)
	// Close frees the policy. Clones live on.
	Close(ctx context.Context) error
}
