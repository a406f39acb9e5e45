package wasmtest

import (
	"fmt"
	"io/fs"
	"slices"
)

// WAT assembles a file of the WebAssembly text format. It knows the subset that the tests need (types, imports,
// functions with plain and folded instructions, a table, a memory, globals, exports, start, elem, data) and checks
// nothing: what it writes may be as invalid as the source asks for. Beyond the standard it reads
//
//	(include "file")      the fields of another file, in a list of fields
//	(repeat n x...)       n copies, in fields, in instructions and in bytes; an instruction may be half of a pair:
//	                      (repeat 400 loop) ... (repeat 400 end)
//	(raw b...)            bytes, in the place of an instruction
//	(locals n type)       a whole group of locals, which (local type...) has one by one
//	(section id b...)     a section's content, in the place of what the fields would give
//	(tail b...)           bytes behind all sections
//	(@custom "name" b...) a custom section, behind all others
//	(module binary b...)  a whole file byte by byte
//
// where bytes b are strings, numbers from 0 to 255, (u32 n), (u32 n width) padded to that many bytes, (s32 n), (s64 n),
// (name "text"), (sized b...) with its length before it, (section id b...), and (repeat n b...).
func WAT(files fs.FS, name string) (binary []byte, err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case complaint:
			err = r
		default:
			panic(r)
		}
	}()
	a := &assembler{files: files, m: New(), names: map[string]uint32{}, count: map[string]uint32{}}
	fields := a.read(name)
	if len(fields) == 1 && fields[0].is("module") {
		if rest := fields[0].list[1:]; len(rest) > 0 && rest[0].atom == "binary" {
			return items(rest[1:]), nil
		}
		fields = fields[0].list[1:]
	}
	a.module(a.expand(fields))
	return a.m.Bytes(), nil
}

// complaint says what is wrong with a source, and where.
type complaint struct {
	file string
	line int
	text string
}

func (c complaint) Error() string { return fmt.Sprintf("%s:%d: %s", c.file, c.line, c.text) }

type assembler struct {
	files fs.FS
	m     *Module
	names map[string]uint32 // "func $f": its index
	count map[string]uint32 // "func": how many there are
	types []string          // the types of the module, as they are written
}

// read parses a file.
func (a *assembler) read(name string) []node {
	source, err := fs.ReadFile(a.files, name)
	if err != nil {
		panic(complaint{name, 0, err.Error()})
	}
	p := &parser{node{file: name, line: 1}, string(source)}
	list := p.nodes()
	if p.rest != "" {
		p.here.fail("a ) too many")
	}
	return list
}

// expand replaces includes and repetitions in a list of fields.
func (a *assembler) expand(fields []node) (out []node) {
	for _, n := range fields {
		switch {
		case n.is("include"):
			out = append(out, a.expand(a.read(n.at(1).string()))...)
		case n.is("repeat"):
			out = append(out, slices.Repeat(a.expand(n.list[2:]), int(n.at(1).int()))...)
		default:
			out = append(out, n)
		}
	}
	return out
}

var kinds = map[string]byte{"func": KindFunc, "table": KindTable, "memory": KindMemory, "global": KindGlobal}

// module writes the fields: types, then names, then everything in its order.
func (a *assembler) module(fields []node) {
	for _, n := range fields {
		if !n.isList || len(n.list) == 0 {
			n.fail("not a field")
		}
		space, id := n.list[0].atom, n.list[1:]
		if space == "import" {
			space, id = n.at(3).at(0).atom, n.at(3).list[1:]
		}
		if len(id) > 0 && id[0].isID() {
			a.names[space+" "+id[0].atom] = a.count[space]
		}
		a.count[space]++
		if space == "type" {
			_, sig := id0(n.list[1:])
			a.types = append(a.types, string(a.signature(sig[0].list[1:]).bytes()))
		}
	}
	for _, n := range fields {
		a.field(n)
	}
	for _, t := range a.types {
		a.m.Add(Type, []byte(t))
	}
}

// id0 takes the name off a field.
func id0(list []node) (id string, rest []node) {
	if len(list) > 0 && list[0].isID() {
		return list[0].atom, list[1:]
	}
	return "", list
}

func (a *assembler) field(n node) {
	head := n.list[0].atom
	_, list := id0(n.list[1:])
	for len(list) > 0 && list[0].is("export") && head != "export" {
		a.m.Export(list[0].at(1).string(), kinds[head], a.next(head))
		list = list[1:]
	}
	switch head {
	case "type":
	case "import":
		a.imported(n)
	case "func":
		a.function(list)
	case "table":
		a.m.Add(Table, []byte{reference(list[len(list)-1])}, bounds(n, list[:len(list)-1]))
		a.placed(head)
	case "memory":
		a.m.Add(Memory, bounds(n, list))
		a.placed(head)
	case "global":
		t, mutable := list[0], byte(0)
		if t.is("mut") {
			t, mutable = t.at(1), 1
		}
		f := a.code(nil)
		f.all(list[1:])
		a.m.Global(valueType(t), mutable, f.b)
		a.placed(head)
	case "export":
		what := n.at(2)
		a.m.Export(n.at(1).string(), kinds[what.at(0).atom], a.index(what.at(0).atom, what.at(1)))
	case "start":
		a.m.Raw(Start, U32(a.index("func", n.at(1))))
	case "elem":
		list, functions := list[1:], uint32(0)
		var b []byte
		for _, f := range list {
			if f.atom != "func" {
				b = append(b, U32(a.index("func", f))...)
				functions++
			}
		}
		a.m.Add(Elements, []byte{0}, a.offset(n), U32(functions), b)
	case "data":
		content := items(list[1:])
		a.m.Add(Datas, []byte{0}, a.offset(n), U32(uint32(len(content))), content)
	case "section":
		a.m.Raw(byte(n.at(1).int()), items(n.list[2:]))
	case "tail":
		a.m.Tail(items(n.list[1:])...)
	case "@custom":
		a.m.Tail(Custom(n.at(1).string(), items(n.list[2:]))...)
	default:
		n.fail("unknown field %q", head)
	}
}

// placed counts a thing that has been written; next is the index of the one to come.
func (a *assembler) placed(space string)      { a.count["written "+space]++ }
func (a *assembler) next(space string) uint32 { return a.count["written "+space] }

// offset is the constant expression of a segment.
func (a *assembler) offset(n node) []byte {
	_, list := id0(n.list[1:])
	f := a.code(nil)
	f.all(list[:1])
	return append(f.b, 0x0b)
}

func (a *assembler) index(space string, n node) uint32 {
	if !n.isID() {
		return uint32(n.int())
	}
	i, ok := a.names[space+" "+n.atom]
	if !ok {
		n.fail("no %s %s", space, n.atom)
	}
	return i
}

func (a *assembler) imported(n node) {
	what := n.at(3)
	head := what.at(0).atom
	_, list := id0(what.list[1:])
	var b []byte
	switch head {
	case "func":
		b = U32(a.typeUse(&list))
		a.m.funcs++
	case "table":
		b = append([]byte{reference(list[len(list)-1])}, bounds(n, list[:len(list)-1])...)
	case "memory":
		b = bounds(n, list)
	case "global":
		if list[0].is("mut") {
			b = []byte{valueType(list[0].at(1)), 1}
		} else {
			b = []byte{valueType(list[0]), 0}
		}
	}
	a.m.Add(Imports, Name(n.at(1).string()), Name(n.at(2).string()), []byte{kinds[head]}, b)
	a.placed(head)
}

func bounds(n node, list []node) []byte {
	switch len(list) {
	case 1:
		return append([]byte{0}, U32(uint32(list[0].int()))...)
	case 2:
		return Cat([]byte{1}, U32(uint32(list[0].int())), U32(uint32(list[1].int())))
	}
	n.fail("a minimum and perhaps a maximum")
	return nil
}

func reference(n node) byte {
	if n.atom == "externref" {
		return 0x6f
	}
	return 0x70
}

func valueType(n node) byte {
	t, ok := map[string]byte{"i32": I32, "i64": I64, "f32": F32, "f64": F64, "v128": 0x7b, "funcref": 0x70, "externref": 0x6f}[n.atom]
	if !ok {
		n.fail("%q is not a type", n.atom)
	}
	return t
}

// signature is a function type, with the names of its parameters.
type signature struct {
	params, results []byte
	names           []string
}

func (s signature) bytes() []byte {
	return Cat([]byte{0x60}, U32(uint32(len(s.params))), s.params, U32(uint32(len(s.results))), s.results)
}

// signature reads (param ...) and (result ...).
func (a *assembler) signature(list []node) (s signature) {
	for _, n := range list {
		switch {
		case n.is("param") && len(n.list) == 3 && n.list[1].isID():
			s.names = append(s.names, n.list[1].atom)
			s.params = append(s.params, valueType(n.list[2]))
		case n.is("param"):
			for _, t := range n.list[1:] {
				s.names = append(s.names, "")
				s.params = append(s.params, valueType(t))
			}
		case n.is("result"):
			for _, t := range n.list[1:] {
				s.results = append(s.results, valueType(t))
			}
		}
	}
	return s
}

// typeUse takes (type $t) or a signature off the list and gives the type's index, which it makes if there is none yet.
func (a *assembler) typeUse(list *[]node) uint32 {
	i := 0
	for i < len(*list) && ((*list)[i].is("param") || (*list)[i].is("result")) {
		i++
	}
	if i == 0 && len(*list) > 0 && (*list)[0].is("type") {
		t := a.index("type", (*list)[0].at(1))
		*list = (*list)[1:]
		return t
	}
	want := string(a.signature((*list)[:i]).bytes())
	*list = (*list)[i:]
	if t := slices.Index(a.types, want); t >= 0 {
		return uint32(t)
	}
	a.types = append(a.types, want)
	return uint32(len(a.types) - 1)
}

func (a *assembler) function(list []node) {
	head := list
	if len(list) > 0 && list[0].is("type") {
		head = list[1:]
	}
	var names []string
	for len(head) > 0 && (head[0].is("param") || head[0].is("result")) {
		names = append(names, a.signature(head[:1]).names...)
		head = head[1:]
	}
	a.m.Add(Functions, U32(a.typeUse(&list)))
	if len(list) > 0 && len(head) < len(list) {
		list = head
	}
	var groups [][]byte
	for len(list) > 0 && (list[0].is("local") || list[0].is("locals")) {
		n := list[0]
		switch {
		case n.is("locals"):
			groups = append(groups, append(U32(uint32(n.at(1).int())), valueType(n.at(2))))
		case n.at(1).isID():
			names = append(names, n.at(1).atom)
			groups = append(groups, []byte{1, valueType(n.at(2))})
		default:
			for _, t := range n.list[1:] {
				names = append(names, "")
				groups = append(groups, []byte{1, valueType(t)})
			}
		}
		list = list[1:]
	}
	f := a.code(names)
	f.all(list)
	body := Cat(U32(uint32(len(groups))), Cat(groups...), f.b, []byte{0x0b})
	a.m.Add(Code, U32(uint32(len(body))), body)
	a.m.funcs++
	a.placed("func")
}
