package wasm

// Blocks: where segments begin and what is known of memory is forgotten.

func (m *meter) blockType(block int64) (params, results []ValueType) {
	switch {
	case block == -64:
		return nil, nil
	case block < 0:
		return nil, []ValueType{ValueType(block & 0x7f)}
	}
	t := m.m.Types[block]
	return t.Params, t.Results
}

func (m *meter) open(i instruction) {
	f := frame{op: i.op, entry: m.segments.cur, dead: m.dead, marks: m.marks}
	f.params, f.results = m.blockType(i.block)
	if !m.dead {
		if i.op == opIf {
			m.pop()
		}
		m.popN(len(f.params))
	}
	f.base = len(m.stack)
	m.merges.open()
	m.frames = append(m.frames, f)
	if m.dead {
		return
	}
	m.pushAll(f.params...)
	switch i.op {
	case opIf:
		m.begin(i.end, f.entry)
	case opLoop:
		// A turn may have changed what the last one marked by.
		m.marks = nil
		for i := range m.values {
			m.values[i] = m.fresh()
		}
		m.segments.loop(i.end)
		m.charge()
		m.top().header = m.segments.cur
	}
}

func (m *meter) otherwise(i instruction) {
	f := m.top()
	m.stack = m.stack[:f.base]
	m.dead = f.dead
	f.op = opElse
	if m.dead {
		return
	}
	m.pushAll(f.params...)
	m.forget()
	m.marks = f.marks[:len(f.marks):len(f.marks)]
	m.begin(i.end, f.entry)
}

// forget leaves nothing known of the locals that the innermost block has set.
func (m *meter) forget() {
	for i := range m.merges.all() {
		m.values[i] = m.fresh()
	}
}

func (m *meter) close(i instruction) {
	f := *m.top()
	stopped := m.dead
	joins := !f.dead && (f.op != 0x02 || f.target || stopped) // more than the block itself leads here
	if joins {
		m.forget()
	}
	differ := uint64(m.merges.close()) * mergePrice
	if len(m.frames) == 1 {
		return
	}
	m.frames = m.frames[:len(m.frames)-1]
	m.stack = m.stack[:f.base]
	m.dead = f.dead
	if f.dead {
		return
	}
	m.pushAll(f.results...)
	if f.header != nil {
		f.header.cost += differ
		differ = 0
	}
	if !joins {
		return
	}
	m.marks = f.marks[:len(f.marks):len(f.marks)]
	m.begin(i.end, f.entry)
	m.segments.cur.cost += differ
}
