package wasm

// Tables, memories, globals and what fills them: everything whose size a module only announces.

func (d *decoder) elementType() {
	at := d.pos
	switch t := d.byte(); {
	case d.bad || t == 0x70:
	case t == 0x6f:
		d.refuse(at, "build without reference types (Rust: --target wasm32v1-none; clang: -mcpu=mvp)", "table of external references")
	default:
		d.fail(at, "unknown element type %#x", t)
	}
}

func (d *decoder) bounds(what string) (b Bounds) {
	at := d.pos
	switch flags := d.byte(); {
	case d.bad:
		return
	case flags > 1 && flags < 8:
		d.refuse(at, "build without threads and without 64-bit memory", "shared or 64-bit %s", what)
		d.bad = true
		return
	case flags > 7:
		d.fail(at, "unknown limits %#x", flags)
		return
	default:
		b.HasMax = flags == 1
	}
	b.Min = d.u32()
	b.Max = ^uint32(0)
	if b.HasMax {
		b.Max = d.u32()
		if b.Max < b.Min {
			d.fail(at, "%s: the maximum is below the minimum", what)
		}
	}
	return b
}

func (d *decoder) tables() {
	at := d.pos
	n := d.count(3)
	if n > 1 {
		d.refuse(at, "build without reference types", "%d tables: one is admitted", n)
		d.pos = d.end
		return
	}
	if n == 1 {
		d.elementType()
		b := d.bounds("table")
		d.limit(at, uint64(b.Min), uint64(d.limits.Table), "table entries")
		// No admitted instruction grows a table, so its maximum means nothing.
		d.m.Table = &Bounds{Min: b.Min, Max: b.Min, HasMax: true}
	}
}

func (d *decoder) memories() {
	at := d.pos
	n := d.count(2)
	if n > 1 {
		d.refuse(at, "build without the multi-memory proposal", "%d memories: one is admitted", n)
		d.pos = d.end
		return
	}
	if n == 1 {
		b := d.bounds("memory")
		if b.Min > 1<<16 || b.HasMax && b.Max > 1<<16 {
			d.fail(at, "a memory has at most 65536 pages")
		}
		if uint64(b.Min) > uint64(d.limits.Pages) {
			d.refuse(at, "use less static memory and a smaller stack (Rust, clang: -z stack-size=65536), or ask for more in the manifest",
				"%d pages of memory: this module may have %d", b.Min, d.limits.Pages)
		}
		d.m.Memory = &b
	}
}

func (d *decoder) globals() {
	at := d.pos
	n := d.count(4)
	d.most(at, n, d.limits.Globals, "globals")
	for i := 0; i < n && !d.bad; i++ {
		var g Global
		g.Type = d.valueType()
		at := d.pos
		switch m := d.byte(); {
		case m == 1:
			g.Mutable = true
		case m > 1:
			d.fail(at, "mutability %d", m)
		}
		g.Init = d.constant(g.Type)
		d.m.Globals = append(d.m.Globals, g)
	}
}

// constant reads a constant expression: one constant of that type and `end`. The format also has global.get of an
// imported global and, in newer proposals, arithmetic; imports of globals are not admitted, so neither is needed.
func (d *decoder) constant(want ValueType) []byte {
	at := d.pos
	op := d.byte()
	var got ValueType
	switch op {
	case 0x41:
		d.signed(32)
		got = I32
	case 0x42:
		d.signed(64)
		got = I64
	case 0x43:
		d.take(4)
		got = F32
	case 0x44:
		d.take(8)
		got = F64
	default:
		if !d.bad {
			d.refuse(at, "build a finished module without newer proposals", "constant expression with opcode %#x", op)
			d.bad = true
		}
		return nil
	}
	if !d.bad && got != want {
		d.fail(at, "a constant of the wrong type")
	}
	end := d.pos
	if b := d.byte(); !d.bad && b != 0x0b {
		d.fail(end, "a constant expression of more than a constant")
	}
	return d.data[at:d.pos]
}

// offset reads a constant expression of an address or table index.
func (d *decoder) offset() uint32 {
	at := d.pos
	if d.constant(I32) == nil || d.bad {
		return 0
	}
	r := decoder{data: d.data, pos: at + 1, end: d.pos}
	return uint32(r.signed(32))
}

func (d *decoder) exports() {
	at := d.pos
	n := d.count(3)
	d.most(at, n, d.limits.Exports, "exports")
	seen := make(map[string]bool, min(n, d.limits.Exports))
	for i := 0; i < n && !d.bad; i++ {
		at := d.pos
		e := Export{Name: d.name()}
		e.Kind = ExternKind(d.byte())
		e.Index = d.u32()
		if d.bad {
			return
		}
		var space int
		switch e.Kind {
		case FuncExport:
			space = len(d.m.Imports) + len(d.m.Functions)
		case TableExport:
			space = one(d.m.Table)
		case MemoryExport:
			space = one(d.m.Memory)
		case GlobalExport:
			space = len(d.m.Globals)
		}
		switch {
		case uint64(e.Index) >= uint64(space):
			d.fail(at, "export %q of something that is not there", clip(e.Name))
		case seen[e.Name]:
			d.fail(at, "export %q twice", clip(e.Name))
		case reserved(e.Name):
			d.refuse(at, "rename the export: names that begin with "+Reserved+" are the host's", "export %q", clip(e.Name))
		}
		seen[e.Name] = true
		d.m.Exports = append(d.m.Exports, e)
	}
}

func one(b *Bounds) int {
	if b == nil {
		return 0
	}
	return 1
}

func (d *decoder) start() {
	d.refuse(d.pos, "remove the start function: initialise in an exported _initialize (AssemblyScript: --exportStart _initialize)",
		"a start function would run before any limit holds")
	d.u32()
}

func (d *decoder) elements() {
	at := d.pos
	n := d.count(3)
	d.most(at, n, d.limits.Segments, "element segments")
	for i := 0; i < n && !d.bad; i++ {
		at := d.pos
		if flags := d.u32(); !d.bad && flags != 0 {
			d.refuse(at, "build without reference types (Rust: --target wasm32v1-none; clang: -mcpu=mvp)",
				"element segment that is not a plain list of functions")
			d.pos = d.end
			return
		}
		e := Element{Offset: d.offset()}
		count := d.count(1)
		if d.bad {
			return
		}
		if d.m.Table == nil || uint64(e.Offset)+uint64(count) > uint64(d.m.Table.Min) {
			d.fail(at, "element segment outside the table")
			return
		}
		space := len(d.m.Imports) + len(d.m.Functions)
		e.Functions = make([]uint32, 0, count)
		for range count {
			at := d.pos
			f := d.u32()
			if !d.bad && int(f) >= space {
				d.fail(at, "no function %d", f)
			}
			if d.bad {
				return
			}
			e.Functions = append(e.Functions, f)
		}
		d.m.Elements = append(d.m.Elements, e)
	}
}

func (d *decoder) dataCount() { d.counted = int(d.u32()) }

func (d *decoder) datas() {
	at := d.pos
	n := d.count(2)
	d.most(at, n, d.limits.Segments, "data segments")
	for i := 0; i < n && !d.bad; i++ {
		at := d.pos
		if flags := d.u32(); !d.bad && flags != 0 {
			d.refuse(at, "build without bulk memory initialisation (clang, Rust: no shared memory)",
				"data segment that is passive or names a memory")
			d.pos = d.end
			return
		}
		s := Data{Offset: d.offset()}
		s.Bytes = d.take(d.u32())
		if d.bad {
			return
		}
		if d.m.Memory == nil || uint64(s.Offset)+uint64(len(s.Bytes)) > uint64(d.m.Memory.Min)*PageSize {
			d.fail(at, "data segment outside the memory")
			return
		}
		d.m.Data = append(d.m.Data, s)
	}
}
