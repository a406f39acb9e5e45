package runtime

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

const policyPage = 1 << 16

// Evaluate asks an entry point about an input, which is JSON; an empty input is undefined. The answer is a JSON result set: [] if the entry point is undefined, else [{"result":VALUE}]. Sets in it are
// arrays in no order. It is a view of the instance's memory and valid until the next call. After an error the instance
// answers no more; a new clone does.
func (p *Policy) Evaluate(ctx context.Context, entrypoint int32, input []byte) ([]byte, error) {
	switch {
	case p.closed:
		return nil, fmt.Errorf("evaluate policy: %w", ErrClosed)
	case p.broken != nil:
		return nil, fmt.Errorf("evaluate policy: the instance broke in an earlier call: %w", p.broken)
	case ctx.Err() != nil:
		return nil, fmt.Errorf("evaluate policy: %w", ctx.Err())
	case len(input) > 0 && !json.Valid(input):
		// The policy would not tell: to it, an input that it cannot read is undefined.
		return nil, errors.New("evaluate policy: the input is not JSON")
	}
	if err := p.write(p.heap, input); err != nil {
		return nil, fmt.Errorf("evaluate policy: input: %w", err)
	}
	free := align(p.heap + uint32(len(input)))
	p.stack = [7]uint64{0, uint64(uint32(entrypoint)), uint64(p.data), uint64(p.heap), uint64(len(input)), uint64(free), formatJSON}
	if err := p.eval.CallWithStack(ctx, p.stack[:]); err != nil {
		p.broken = policyFault(err)
		return nil, fmt.Errorf("evaluate policy: %w", p.broken)
	}
	answer, err := p.text(uint32(p.stack[0]))
	if err != nil {
		return nil, fmt.Errorf("evaluate policy: %w", err)
	}
	return answer, nil
}

// formatJSON asks opa_eval for JSON. Its other format is Rego's notation, which tells sets from arrays but has to be
// parsed as Rego.
const formatJSON = 0

// load parses the data into the memory. The heap of every evaluation begins behind it.
func (p *Policy) load(ctx context.Context, data []byte) error {
	if len(data) > 0 {
		addr, err := p.call(ctx, "opa_malloc", uint64(len(data)))
		if err != nil {
			return fmt.Errorf("load the policy's data: %w", err)
		}
		if err := p.write(addr, data); err != nil {
			return fmt.Errorf("load the policy's data: %w", err)
		}
		if p.data, err = p.call(ctx, "opa_json_parse", uint64(addr), uint64(len(data))); err != nil {
			return fmt.Errorf("load the policy's data: %w", err)
		}
		if p.data == 0 {
			return errors.New("load the policy's data: the policy cannot read it")
		}
	}
	heap, err := p.call(ctx, "opa_heap_ptr_get")
	if err != nil {
		return fmt.Errorf("load the policy's data: %w", err)
	}
	p.heap = align(heap)
	return nil
}

// tables reads the names of the entry points, and refuses a policy that needs builtins of its host. Both tables lie where
// the next evaluation begins its heap, so they take no room for long.
func (p *Policy) tables(ctx context.Context) (map[string]int32, error) {
	builtins, err := p.table(ctx, "builtins")
	if err != nil {
		return nil, err
	}
	if len(builtins) > 0 {
		return nil, fmt.Errorf("the policy calls builtins that OPA cannot compile to WebAssembly: %s: do without them",
			strings.Join(slices.Sorted(maps.Keys(builtins)), ", "))
	}
	entrypoints, err := p.table(ctx, "entrypoints")
	if err != nil {
		return nil, err
	}
	if len(entrypoints) == 0 {
		return nil, errors.New("the policy has no entry point")
	}
	return entrypoints, nil
}

// table calls a function that gives an object of numbers.
func (p *Policy) table(ctx context.Context, function string) (map[string]int32, error) {
	value, err := p.call(ctx, function)
	if err != nil {
		return nil, err
	}
	addr, err := p.call(ctx, "opa_json_dump", uint64(value))
	if err != nil {
		return nil, err
	}
	text, err := p.text(addr)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", function, err)
	}
	var table map[string]int32
	if err := json.Unmarshal(text, &table); err != nil {
		return nil, fmt.Errorf("read %s: %w", function, err)
	}
	return table, nil
}

// call calls a function that inspectPolicy has seen.
func (p *Policy) call(ctx context.Context, function string, params ...uint64) (uint32, error) {
	results, err := p.module.ExportedFunction(function).Call(ctx, params...)
	if err != nil {
		return 0, fmt.Errorf("call %s: %w", function, policyFault(err))
	}
	if len(results) == 0 {
		return 0, nil
	}
	return uint32(results[0]), nil
}

// write puts text into the memory, which grows where it must.
func (p *Policy) write(addr uint32, text []byte) error {
	end := uint64(addr) + uint64(len(text))
	if size := uint64(p.memory.Size()); end > size {
		if more := (end - size + policyPage - 1) / policyPage; more > maxPages {
			return errPolicyMemory
		} else if _, ok := p.memory.Grow(uint32(more)); !ok {
			return errPolicyMemory
		}
	}
	if !p.memory.Write(addr, text) {
		return errPolicyMemory
	}
	return nil
}

var errPolicyMemory = errors.New("it does not fit into the memory that the policy may have")

// text is a view of a text that ends with a zero byte.
func (p *Policy) text(addr uint32) ([]byte, error) {
	rest, ok := p.memory.Read(addr, p.memory.Size()-min(addr, p.memory.Size()))
	if !ok {
		return nil, errors.New("the policy answered with an address outside its memory")
	}
	n := bytes.IndexByte(rest, 0)
	if n < 0 {
		return nil, errors.New("the policy's answer has no end")
	}
	return rest[:n:n], nil
}

// align rounds an address up to where any value may begin.
func align(addr uint32) uint32 { return (addr + 7) &^ 7 }
