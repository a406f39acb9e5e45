package runtime

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"
)

// build makes a module of a plan and lets it be called.
func build(ctx context.Context, h *Host, p *plan) (*Module, error) {
	m := &Module{
		name: p.name, digest: p.digest, size: p.size, manifest: p.manifest, fuel: p.fuel, request: p.request,
		host: h, turn: make(chan struct{}, 1), freed: make(chan struct{}),
	}
	if err := m.open(ctx); err != nil {
		return nil, err
	}
	if h.config.Workshop == nil {
		m.request = nil // without a workshop it is never closed while it rests
	}
	m.used.Store(time.Now().UnixNano())
	// That there can be an instance is found out here and not by a visitor.
	in, err := m.cold.Load().warm(m).instantiate(ctx)
	if err != nil {
		m.dropCold()
		return nil, fmt.Errorf("instantiate module %s: %w", p.name, err)
	}
	_ = in.module.Close(ctx) // frees memory only
	return m, nil
}

// open has the module prepared and opens the product. What the workshop kept may be damaged, which is not the module's
// fault: then it is made again, once.
func (m *Module) open(ctx context.Context) error {
	w := m.host.config.Workshop
	if w == nil {
		product := m.request.prepare(ctx)
		if err := m.take(ctx, product, ""); err != nil {
			return &AdmissionError{m.name, []Finding{notCompiled(err)}}
		}
		return m.refusal(product)
	}
	var damage error
	for range 2 {
		made, err := w.Prepare(ctx, m.request.encode())
		if errors.Is(err, ErrTooCostly) || errors.Is(err, context.DeadlineExceeded) {
			return &AdmissionError{m.name, []Finding{{"module", ErrTooCostly.Error(), "make the module smaller, and its functions simpler"}}}
		}
		if err != nil {
			return fmt.Errorf("prepare module %s: %w", m.name, err)
		}
		product, err := decodeProduct(made.Product)
		if err == nil {
			err = m.take(ctx, product, made.Folder)
		}
		made.Close()
		if err == nil {
			return m.refusal(product)
		}
		made.Discard()
		damage = err
	}
	return fmt.Errorf("open what was prepared of module %s: %w", m.name, damage)
}

func (m *Module) refusal(p *product) error {
	if len(p.Findings) > 0 {
		return &AdmissionError{m.name, p.Findings}
	}
	return nil
}

// take makes a product ready to be instantiated. Its code is in the folder, or still to be compiled if that is empty. It
// keeps nothing of a product with findings.
func (m *Module) take(ctx context.Context, p *product, folder string) error {
	if len(p.Findings) > 0 {
		return nil
	}
	if m.head.Memory != 0 && !reflect.DeepEqual(m.head, p.productHead) {
		return errors.New("it is not what it was the first time")
	}
	e, err := newEngine(ctx, p.Pages, folder)
	if err != nil {
		return err
	}
	compiled, err := e.compile(ctx, p.Binary)
	if err != nil {
		e.close(ctx)
		return err
	}
	c := &cold{engine: e, compiled: compiled, image: slices.Clip(appendBlocks(nil, p.Image))}
	c.weight = engineWeight + int64(len(c.image)) + codeWeight*int64(len(p.Binary))
	if m.head.Memory == 0 {
		m.head = p.productHead
	}
	m.cold.Store(c)
	m.host.open.Add(1)
	m.host.weight.Add(c.weight)
	return nil
}
