package wasm

import (
	"encoding/binary"
	"maps"
	"slices"
)

// Default limits on the stack, in slots by estimate, which is several times what is taken.
const (
	smallStack = 64 << 10
	goStack    = 512 << 10
)

// writer writes an instrumented module.
type writer struct {
	m         *Module
	o         Options
	list      []*code // every function of the module, by index
	types     []FuncType
	typeIndex map[string]uint32
	helpers   []helperKind // in the order of their indexes, behind the list

	fuel, mask, height, pages uint32 // globals
	size, physical            uint32 // of the memory, in pages
	stack                     uint64 // slots
	shift                     uint
	slack                     uint32 // how far from a mark a store may write
	reach                     uint32 // how far one of them does
	short                     bool   // marks of what an i32 local holds are calls
}

// layout settles sizes and indexes.
func (w *writer) layout() {
	for i, t := range slices.Backward(w.types) {
		w.typeIndex[t.key()] = uint32(i)
	}
	n := uint32(len(w.m.Globals))
	w.fuel, w.mask, w.height, w.pages = n, n+1, n+2, n+3
	if w.m.Memory != nil {
		w.size = max(w.m.Memory.Min, w.o.Size)
		w.physical = max(w.size, w.o.Pages)
	}
	w.shift = 10
	for uint64(64)<<w.shift < uint64(w.physical)*PageSize {
		w.shift++
	}
	w.slack = min(uint32(1)<<w.shift/4, 1024)
	w.reach = 16
	w.short = w.m.Limits.Name == GoGuest.Name || w.o.short
	w.stack = uint64(w.o.Stack)
	if w.stack == 0 {
		w.stack = smallStack
		if w.m.Limits.Name == GoGuest.Name {
			w.stack = goStack
		}
	}
}

func (t FuncType) key() string {
	return string(asBytes(t.Params)) + ">" + string(asBytes(t.Results))
}

// typeOf gives the index of a type, which is added if the module has none like it.
func (w *writer) typeOf(t FuncType) uint32 {
	i, ok := w.typeIndex[t.key()]
	if !ok {
		i = uint32(len(w.types))
		w.types = append(w.types, t)
		w.typeIndex[t.key()] = i
	}
	return i
}

// gather lists the functions and decides which of them count what.
func (w *writer) gather() {
	m := w.m
	for i, f := range m.Imports {
		locals, instructions := none, []byte{opEnd}
		if f.Module == WASI {
			locals, instructions = standInFor(f.Name, m.Types[f.Type], w.o.Seed)
		}
		w.list = append(w.list, &code{index: uint32(i), typ: m.Types[f.Type], locals: locals, instructions: instructions})
	}
	for i, c := range m.Code {
		w.list = append(w.list, &code{
			index: uint32(len(m.Imports) + i), typ: m.Types[m.Functions[i]], locals: c.Locals, instructions: c.Instructions,
		})
	}
	table := map[string]map[uint32]bool{} // functions that may be called through the table, by signature
	for _, e := range m.Elements {
		for _, f := range e.Functions {
			w.list[f].entered, w.list[f].called = true, true
			k := w.list[f].typ.key()
			if table[k] == nil {
				table[k] = map[uint32]bool{}
			}
			table[k][f] = true
		}
	}
	for _, name := range w.o.Calls {
		if e, ok := m.Export(name); ok && e.Kind == FuncExport {
			w.list[e.Index].entered = true
		}
	}
	byType := map[uint32][]uint32{}
	for i, t := range m.Types {
		byType[uint32(i)] = slices.Sorted(maps.Keys(table[t.key()]))
	}
	for _, f := range w.list {
		f.types = localTypes(f.typ, f.locals)
		f.survey()
		for callee := range f.calls {
			w.list[callee].called = true
		}
	}
	for _, f := range w.list {
		f.weigh(w.list)
	}
	static := uint64(staticSlots)
	if w.o.countAll {
		static = 0
	}
	count(w.list, byType, static)
}

// module gives the instrumented module.
func (w *writer) module() *Module {
	m := w.m
	out := &Module{Limits: m.Limits, Table: m.Table, Globals: w.globals(), Elements: m.Elements}
	if m.Memory != nil {
		out.Memory = &Bounds{Min: w.physical, Max: w.physical, HasMax: true}
	}
	for _, f := range m.Imports {
		out.Functions = append(out.Functions, f.Type)
	}
	out.Functions = append(out.Functions, m.Functions...)
	for _, f := range w.list {
		out.Code = append(out.Code, w.meter(f))
	}
	addFunction := func(t FuncType, body Body) uint32 {
		out.Functions = append(out.Functions, w.typeOf(t))
		out.Code = append(out.Code, body)
		return uint32(len(out.Code) - 1)
	}
	for _, h := range w.helpers {
		addFunction(h.typ(), w.helperBody(h))
	}
	for _, name := range w.o.Keep {
		if e, ok := m.Export(name); ok {
			out.Exports = append(out.Exports, e)
		}
	}
	for _, name := range w.o.Calls {
		if e, ok := m.Export(name); ok && e.Kind == FuncExport {
			out.Exports = append(out.Exports, Export{CallName(name), FuncExport, addFunction(w.wrapper(e.Index))})
		}
	}
	out.Exports = append(out.Exports, Export{FuelExport, GlobalExport, w.fuel}, Export{HeightExport, GlobalExport, w.height},
		Export{MaskExport, GlobalExport, w.mask}, Export{PagesExport, GlobalExport, w.pages})
	if w.o.Show {
		for _, i := range m.MutableGlobals() {
			out.Exports = append(out.Exports, Export{GlobalName(i), GlobalExport, uint32(i)})
		}
	}
	out.Types = w.types // functions and helpers have asked for some more
	return out
}

// globals are the module's own, and behind them those of the metering, in the order that layout gives them.
func (w *writer) globals() []Global {
	list := slices.Clone(w.m.Globals)
	for i := range w.o.Globals {
		list[i].Init = append(appendConstant(nil, list[i].Type, w.o.Globals[i]), opEnd)
	}
	counter := func(t ValueType, v uint64) Global {
		return Global{Type: t, Mutable: true, Init: append(appendConstant(nil, t, v), opEnd)}
	}
	return append(list, counter(I64, 0), counter(I64, 0), counter(I64, w.stack), counter(I32, uint64(w.size)))
}

func appendConstant(b []byte, t ValueType, v uint64) []byte {
	switch t {
	case I32:
		return appendSigned(append(b, 0x41), int64(int32(uint32(v))))
	case I64:
		return appendSigned(append(b, 0x42), int64(v))
	case F32:
		return binary.LittleEndian.AppendUint32(append(b, 0x43), uint32(v))
	default:
		return binary.LittleEndian.AppendUint64(append(b, 0x44), v)
	}
}

// wrapper sets everything that a call begins with, calls the function, and gives what the host needs to know.
func (w *writer) wrapper(function uint32) (FuncType, Body) {
	t := w.list[function].typ
	var b []byte
	set := func(global uint32) { b = appendU32(append(b, 0x24), global) }
	b = append(b, 0x20, 0)
	set(w.fuel)
	b = append(b, 0x42, 0)
	set(w.mask)
	b = appendSigned(append(b, 0x42), int64(w.stack))
	set(w.height)
	if w.o.Globals != nil {
		b = appendSigned(append(b, 0x41), int64(int32(w.size)))
		set(w.pages)
		for _, i := range w.m.MutableGlobals() {
			b = appendConstant(b, w.m.Globals[i].Type, w.o.Globals[i])
			set(uint32(i))
		}
	}
	for i := range t.Params {
		b = appendU32(append(b, 0x20), uint32(i+1))
	}
	b = append(b, call(function)...)
	b = append(w.exhausted(b), trap...)
	b = appendU32(append(b, 0x23), w.fuel)
	b = appendU32(append(b, 0x23), w.mask)
	return FuncType{
		Params:  append([]ValueType{I64}, t.Params...),
		Results: append(t.Results[:len(t.Results):len(t.Results)], I64, I64),
	}, Body{Locals: none, Instructions: append(b, opEnd)}
}

// none is a body's vector of locals without any.
var none = []byte{0}

func call(function uint32) []byte { return appendU32([]byte{0x10}, function) }
