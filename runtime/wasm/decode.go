package wasm

import "slices"

// sections in the order that the format asks for, by id; the data count (12) comes before the code (10).
var sections = [...]struct {
	name  string
	order int
	read  func(*decoder)
}{
	0:  {"custom", 0, (*decoder).custom},
	1:  {"type", 1, (*decoder).types},
	2:  {"import", 2, (*decoder).imports},
	3:  {"function", 3, (*decoder).functions},
	4:  {"table", 4, (*decoder).tables},
	5:  {"memory", 5, (*decoder).memories},
	6:  {"global", 6, (*decoder).globals},
	7:  {"export", 7, (*decoder).exports},
	8:  {"start", 8, (*decoder).start},
	9:  {"element", 9, (*decoder).elements},
	10: {"code", 11, (*decoder).code},
	11: {"data", 12, (*decoder).datas},
	12: {"data count", 10, (*decoder).dataCount},
}

// Decode reads a binary and holds it against the limits: those of the small tier, or of the Go guest's when it imports
// WASI. Pages, when not 0, replaces the tier's limit on memory. The module is usable only if there are no problems.
func Decode(binary []byte, pages uint32) (*Module, []Problem) {
	return decode(binary, policy{pages: pages, small: Small, goGuest: GoGuest})
}

// policy is what the decoder holds a module against beside the opcodes. Tests have another one, for modules that are no
// rules.
type policy struct {
	small, goGuest Limits
	pages          uint32              // replaces the limit on memory, when not 0
	silent         func(f Import) bool // imports that are replaced by nothing
}

func decode(binary []byte, p policy) (*Module, []Problem) {
	d := &decoder{data: binary, function: -1, policy: p, m: &Module{}, counted: -1}
	d.tier(p.small)
	if len(binary) > GoGuest.Size {
		d.limits = GoGuest
		d.limit(0, uint64(len(binary)), uint64(GoGuest.Size), "bytes")
		return nil, d.problems
	}
	d.header(len(binary))
	last := 0
	for !d.bad && d.pos < len(binary) {
		last = d.next(last)
	}
	d.end, d.section = len(binary), ""
	if !d.bad {
		d.whole()
	}
	d.m.Limits = d.limits
	if len(d.problems) > 0 {
		return nil, d.problems
	}
	return d.m, nil
}

func (d *decoder) header(size int) {
	d.end = size
	if string(d.take(4)) != "\x00asm" && !d.bad {
		d.fail(0, "not a WebAssembly binary")
	}
	if v := d.take(4); !d.bad && string(v) != "\x01\x00\x00\x00" {
		d.pos, d.end = 4, 4
		d.bad = true
		d.note(4, "build a core module, not a component (Rust: --target wasm32v1-none)", "binary version %#x", v)
	}
}

// next reads one section and gives its place in the order.
func (d *decoder) next(last int) int {
	at := d.pos
	d.section = ""
	id := d.byte()
	size := d.u32()
	if d.bad {
		return last
	}
	if int(id) >= len(sections) {
		d.refuse(at, "build without exception handling and newer proposals", "unknown section %d", id)
		d.bad = true
		return last
	}
	s := sections[id]
	d.section = s.name
	if id != 0 {
		if s.order <= last {
			d.fail(at, "section out of order or twice")
			return last
		}
		last = s.order
	}
	start, whole := d.pos, d.end
	if d.take(size); d.bad {
		return last
	}
	d.pos, d.end = start, start+int(size)
	s.read(d)
	if !d.bad && d.pos != d.end {
		d.fail(d.pos, "%d bytes too many", d.end-d.pos)
	}
	d.pos, d.end = d.end, whole
	return last
}

// tier settles the limits: the small tier's until the imports are known. What comes before them, the types, has the
// same limits in both.
func (d *decoder) tier(l Limits) {
	d.limits = l
	if d.pages != 0 {
		d.limits.Pages = d.pages
	}
}

// whole checks what only the end can tell.
func (d *decoder) whole() {
	d.limit(0, uint64(len(d.data)), uint64(d.limits.Size), "bytes")
	d.limit(0, d.work, uint64(d.limits.Work), "units of work for the compiler")
	if len(d.m.Functions) != len(d.m.Code) {
		d.fail(d.end, "%d functions declared, %d bodies", len(d.m.Functions), len(d.m.Code))
	}
	if d.counted >= 0 && d.counted != len(d.m.Data) {
		d.fail(d.end, "%d data segments announced, %d present", d.counted, len(d.m.Data))
	}
}

// custom skips a custom section: debug information, names, producers. None of them goes on to the compiler, whose
// reader believes the counts in a name section.
func (d *decoder) custom() {
	at := d.pos
	d.name()
	d.pos = d.end
	if d.customs++; d.customs == d.limits.Customs+1 {
		d.refuse(at, "strip debug information", "more than %d custom sections", d.limits.Customs)
	}
}

func (d *decoder) types() {
	at := d.pos
	n := d.count(3)
	d.most(at, n, d.limits.Types, "types")
	for i := 0; i < n && !d.bad; i++ {
		at := d.pos
		if form := d.byte(); !d.bad && form != 0x60 {
			d.fail(at, "type %d is not a function type", i)
		}
		var t FuncType
		t.Params = d.valueTypes(d.limits.Params, "parameters")
		t.Results = d.valueTypes(d.limits.Results, "results")
		d.m.Types = append(d.m.Types, t)
	}
}

func (d *decoder) valueTypes(most int, what string) []ValueType {
	at := d.pos
	n := d.count(1)
	if !d.limit(at, uint64(n), uint64(most), what) {
		d.take(uint32(n))
		return nil
	}
	list := make([]ValueType, 0, n)
	for i := 0; i < n && !d.bad; i++ {
		list = append(list, d.valueType())
	}
	return list
}

// typeIndex reads the index of a function type.
func (d *decoder) typeIndex() uint32 {
	at := d.pos
	i := d.u32()
	if !d.bad && int(i) >= len(d.m.Types) {
		d.fail(at, "no type %d", i)
		return 0
	}
	return i
}

func (d *decoder) imports() {
	foreign := false
	n := d.count(4)
	for i := 0; i < n && !d.bad; i++ {
		at := d.pos
		module, name := d.name(), d.name()
		kindAt := d.pos
		switch kind := d.byte(); {
		case d.bad:
		case kind == 0:
			t := d.typeIndex()
			if d.bad {
				return
			}
			d.imported(at, Import{module, name, t})
		case kind == 1:
			d.refuse(at, "build without --import-table", "imported table")
			d.elementType()
			d.bounds("table")
			foreign = true
		case kind == 2:
			d.refuse(at, "build without --import-memory and without a shared memory", "imported memory")
			d.bounds("memory")
			foreign = true
		case kind == 3:
			d.refuse(at, "build a finished module, not a relocatable one", "imported global")
			d.valueType()
			d.byte()
			foreign = true
		default:
			d.fail(kindAt, "unknown kind of import %d", kind)
		}
	}
	// An import takes the first index of its space: what follows would be read against the wrong numbers.
	d.bad = d.bad || foreign
}

// imported admits a function of WASI that we can stand in for.
func (d *decoder) imported(at int, f Import) {
	d.m.Imports = append(d.m.Imports, f) // refused or not, it has taken its index
	if d.silent != nil && d.silent(f) && len(d.m.Types[f.Type].Results) == 0 {
		return
	}
	if f.Module != WASI {
		d.refuse(at, "a rule module imports nothing: remove what calls out (AssemblyScript: override abort)",
			"import %q from %q", clip(f.Name), clip(f.Module))
		return
	}
	if message := standIn(f.Name, d.m.Types[f.Type]); message != "" {
		d.refuse(at, "use a toolchain for WASI preview 1", "import %q: %s", clip(f.Name), message)
	}
	d.tier(d.goGuest)
}

// clip keeps a stranger's name short in a message.
func clip(s string) string {
	if len(s) > 64 {
		return s[:64] + "..."
	}
	return s
}

func (d *decoder) functions() {
	at := d.pos
	n := d.count(1)
	d.most(at, n+len(d.m.Imports), d.limits.Functions, "functions")
	if d.bad {
		return
	}
	d.m.Functions = slices.Grow(d.m.Functions, n)
	for i := 0; i < n && !d.bad; i++ {
		d.m.Functions = append(d.m.Functions, d.typeIndex())
	}
}
