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
	slack                     uint32
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
		locals, instructions := []byte{0}, []byte{opEnd}
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

// module writes the sections.
func (w *writer) module() []byte {
	m := w.m
	// The code comes first, because it asks for types and helpers.
	var bodies []byte
	for _, f := range w.list {
		locals, instructions := w.meter(f)
		bodies = appendU32(bodies, uint32(len(locals)+len(instructions)))
		bodies = append(append(bodies, locals...), instructions...)
	}
	var functions []byte
	for _, f := range m.Imports {
		functions = appendU32(functions, f.Type)
	}
	for _, t := range m.Functions {
		functions = appendU32(functions, t)
	}
	n := len(w.list)
	addFunction := func(t FuncType, body []byte) uint32 {
		functions = appendU32(functions, w.typeOf(t))
		bodies = append(appendU32(bodies, uint32(len(body))), body...)
		n++
		return uint32(n - 1)
	}
	for _, h := range w.helpers {
		addFunction(h.typ(), w.helperBody(h))
	}
	var exports []byte
	count := 0
	export := func(name string, kind ExternKind, index uint32) {
		exports = appendU32(append(appendName(exports, name), byte(kind)), index)
		count++
	}
	for _, name := range w.o.Keep {
		if e, ok := m.Export(name); ok {
			export(name, e.Kind, e.Index)
		}
	}
	for _, name := range w.o.Calls {
		if e, ok := m.Export(name); ok && e.Kind == FuncExport {
			t, body := w.wrapper(e.Index)
			export(CallName(name), FuncExport, addFunction(t, body))
		}
	}
	export(FuelExport, GlobalExport, w.fuel)
	export(HeightExport, GlobalExport, w.height)
	export(MaskExport, GlobalExport, w.mask)
	export(PagesExport, GlobalExport, w.pages)
	if w.o.Show {
		for _, i := range m.MutableGlobals() {
			export(GlobalName(i), GlobalExport, uint32(i))
		}
	}

	b := []byte("\x00asm\x01\x00\x00\x00")
	var s []byte
	for _, t := range w.types {
		s = appendTypes(appendTypes(append(s, 0x60), t.Params), t.Results)
	}
	b = appendSection(b, 1, len(w.types), s)
	b = appendSection(b, 3, n, functions)
	if m.Table != nil {
		b = appendSection(b, 4, 1, appendBounds([]byte{0x70}, *m.Table))
	}
	if m.Memory != nil {
		b = appendSection(b, 5, 1, appendBounds(nil, Bounds{Min: w.physical, Max: w.physical, HasMax: true}))
	}
	b = appendSection(b, 6, len(m.Globals)+4, w.globals())
	b = appendSection(b, 7, count, exports)
	b = appendSection(b, 9, len(m.Elements), m.elements())
	return appendSection(b, 10, n, bodies)
}

func (w *writer) globals() (s []byte) {
	for i, g := range w.m.Globals {
		s = append(s, byte(g.Type), flag(g.Mutable))
		if w.o.Globals == nil {
			s = append(s, g.Init...)
		} else {
			s = append(appendConstant(s, g.Type, w.o.Globals[i]), opEnd)
		}
	}
	s = append(s, byte(I64), 1, 0x42, 0, opEnd)
	s = append(s, byte(I64), 1, 0x42, 0, opEnd)
	s = append(appendSigned(append(s, byte(I64), 1, 0x42), int64(w.stack)), opEnd)
	return append(appendSigned(append(s, byte(I32), 1, 0x41), int64(int32(w.size))), opEnd)
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
func (w *writer) wrapper(function uint32) (FuncType, []byte) {
	t := w.list[function].typ
	b := []byte{0} // no locals
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
	}, append(b, opEnd)
}

func call(function uint32) []byte { return appendU32([]byte{0x10}, function) }

// elements writes the element segments as they were.
func (m *Module) elements() (s []byte) {
	for _, e := range m.Elements {
		s = append(s, 0, 0x41)
		s = appendSigned(s, int64(int32(e.Offset)))
		s = appendU32(append(s, opEnd), uint32(len(e.Functions)))
		for _, f := range e.Functions {
			s = appendU32(s, f)
		}
	}
	return s
}
