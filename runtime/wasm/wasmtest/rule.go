package wasmtest

// Manifest is what Rule's modules declare: one number to read, one score with two reasons, one segment, one trait.
const Manifest = `{"abi":1,"name":"test","version":"1.0.0","purpose":"profiling",` +
	`"reads":[{"name":"visits","type":"number"}],` +
	`"emits":{"scores":[{"name":"interest","reasons":["one","two"]}],"segments":["regular"],` +
	`"traits":[{"name":"persona","values":["host","explorer"]}]}}`

// Addresses in the memory of Rule's modules. Between Output's end and the end of the page is room to scribble.
const (
	Input, Output, Scratch = 1024, 32768, 40960
)

// Rule begins a rule module: one page of memory, buffers, the manifest. The caller adds functions and then Evaluate.
func Rule(manifest string) *Module {
	m := New()
	if manifest != "" {
		m.Tail(Custom("lotse.manifest", []byte(manifest))...)
	}
	return m
}

// Contract adds the memory and the functions that give the buffers' addresses, and exports them.
func (m *Module) Contract(input, output int32) *Module {
	m.Add(Memory, []byte{0x00, 0x01})
	m.Export("memory", KindMemory, 0)
	m.Export("lotse_input", KindFunc, m.Func(nil, Op(I32), nil, ConstI32(input)))
	m.Export("lotse_output", KindFunc, m.Func(nil, Op(I32), nil, ConstI32(output)))
	return m
}

// Evaluate adds and exports lotse_evaluate; local 0 is the record's length.
func (m *Module) Evaluate(locals []byte, code ...[]byte) *Module {
	m.Export("lotse_evaluate", KindFunc, m.Func(Op(I32), Op(I32), locals, code...))
	return m
}

// Simple is a whole rule module with this as its evaluation.
func Simple(locals []byte, code ...[]byte) []byte {
	return Rule(Manifest).Contract(Input, Output).Evaluate(locals, code...).Bytes()
}

// Entry writes the n-th entry of the answer, its number being code that pushes an f64.
func Entry(n int, kind, index, reason uint16, number []byte) []byte {
	at := int32(Output + 16*n)
	return Cat(
		ConstI32(at), ConstI64(int64(kind)|int64(index)<<16|int64(reason)<<32), Op(0x37, 0, 0),
		ConstI32(at), number, Op(0x39, 0, 8),
	)
}

// Load64 pushes the i64 at an address.
func Load64(address int32) []byte { return Cat(ConstI32(address), Op(0x29, 0, 0)) }

// ToF64 makes an f64 of the i64 on the stack, by value.
func ToF64() []byte { return Op(0xb9) }
