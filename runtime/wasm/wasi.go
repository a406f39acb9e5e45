package wasm

// What stands in for WASI preview 1. The functions are part of the module, written in WebAssembly, because a host's WASI
// remembers: a clock that steps, a random stream's position, a closed file descriptor would each carry a visitor's bit
// from one call to the next. These remember nothing, give the same answer on every machine, and are metered like the
// guest's own code.

const (
	errnoBadFile = 8
	errnoInvalid = 28
	errnoNoSys   = 52
)

// fixedTime is what every clock shows, in nanoseconds: 2000-01-01T00:00:00Z, so plainly wrong that nobody takes it for
// the time of evaluation, which is in the record's header. Not 0: Go's runtime refuses to start at 0.
const fixedTime = 946_684_800_000_000_000

// wasi lists the functions that do more than to answer with an error, with their parameters; all give one i32, but
// proc_exit, which gives nothing.
var wasi = map[string]struct {
	params []ValueType
	write  func(e *emitter, seed uint64)
}{
	"args_get":          {[]ValueType{I32, I32}, success},
	"args_sizes_get":    {[]ValueType{I32, I32}, noStrings},
	"environ_get":       {[]ValueType{I32, I32}, success},
	"environ_sizes_get": {[]ValueType{I32, I32}, noStrings},
	"clock_res_get":     {[]ValueType{I32, I32}, clockResolution},
	"clock_time_get":    {[]ValueType{I32, I64, I32}, clockTime},
	"random_get":        {[]ValueType{I32, I32}, random},
	"fd_write":          {[]ValueType{I32, I32, I32, I32}, discard},
	"poll_oneoff":       {[]ValueType{I32, I32, I32, I32}, poll},
	"sched_yield":       {nil, success},
	"proc_exit":         {[]ValueType{I32}, exit},
}

// refusing lists the other functions of WASI preview 1, with what they answer: no file is open, no socket exists.
var refusing = map[string]int64{
	"fd_advise": errnoBadFile, "fd_allocate": errnoBadFile, "fd_close": errnoBadFile, "fd_datasync": errnoBadFile,
	"fd_fdstat_get": errnoBadFile, "fd_fdstat_set_flags": errnoBadFile, "fd_fdstat_set_rights": errnoBadFile,
	"fd_filestat_get": errnoBadFile, "fd_filestat_set_size": errnoBadFile, "fd_filestat_set_times": errnoBadFile,
	"fd_pread": errnoBadFile, "fd_prestat_dir_name": errnoBadFile, "fd_prestat_get": errnoBadFile,
	"fd_pwrite": errnoBadFile, "fd_read": errnoBadFile, "fd_readdir": errnoBadFile, "fd_renumber": errnoBadFile,
	"fd_seek": errnoBadFile, "fd_sync": errnoBadFile, "fd_tell": errnoBadFile,
	"path_create_directory": errnoNoSys, "path_filestat_get": errnoNoSys, "path_filestat_set_times": errnoNoSys,
	"path_link": errnoNoSys, "path_open": errnoNoSys, "path_readlink": errnoNoSys, "path_remove_directory": errnoNoSys,
	"path_rename": errnoNoSys, "path_symlink": errnoNoSys, "path_unlink_file": errnoNoSys,
	"proc_raise": errnoNoSys, "sock_accept": errnoNoSys, "sock_recv": errnoNoSys, "sock_send": errnoNoSys,
	"sock_shutdown": errnoNoSys,
}

// standIn tells why an import cannot be stood in for, or "".
func standIn(name string, t FuncType) string {
	results := []ValueType{I32}
	if name == "proc_exit" {
		results = nil
	}
	f, known := wasi[name]
	_, refuses := refusing[name]
	switch {
	case !known && !refuses:
		return "not a function of WASI preview 1"
	case known && !t.Is(f.params, results), refuses && !t.Is(t.Params, results):
		return "another signature than WASI preview 1 has"
	}
	return ""
}

// standInFor gives the locals and the instructions of the function that takes an import's place.
func standInFor(name string, t FuncType, seed uint64) (locals, instructions []byte) {
	e := emitter{params: uint32(len(t.Params)), locals: []byte{0}}
	if f, ok := wasi[name]; ok {
		f.write(&e, seed)
	} else {
		e.errno(refusing[name])
	}
	return e.locals, append(e.b, opEnd)
}

// emitter writes instructions of a stand-in.
type emitter struct {
	b      []byte
	params uint32
	locals []byte
}

func (e *emitter) op(b ...byte)      { e.b = append(e.b, b...) }
func (e *emitter) get(i uint32)      { e.b = appendU32(append(e.b, 0x20), i) }
func (e *emitter) set(i uint32)      { e.b = appendU32(append(e.b, 0x21), i) }
func (e *emitter) i32(v int64)       { e.b = appendSigned(append(e.b, 0x41), v) }
func (e *emitter) i64(v int64)       { e.b = appendSigned(append(e.b, 0x42), v) }
func (e *emitter) errno(v int64)     { e.i32(v) }
func (e *emitter) store32()          { e.op(0x36, 0, 0) }
func (e *emitter) local(t ValueType) { e.locals = []byte{1, 1, byte(t)} }

// add adds a constant to an i32 local.
func (e *emitter) add(local uint32, n int64) {
	e.get(local)
	e.i32(n)
	e.op(0x6a)
	e.set(local)
}

// loop writes block, loop; the caller's condition leaves by br_if 1, end closes both and goes round.
func (e *emitter) loop() { e.op(0x02, 0x40, 0x03, 0x40) }
func (e *emitter) exit() { e.op(0x0d, 1) }
func (e *emitter) end()  { e.op(0x0c, 0, opEnd, opEnd) }

func success(e *emitter, _ uint64) { e.errno(0) }

// exit traps: a module that ends itself has failed.
func exit(e *emitter, _ uint64) { e.op(0x00) }

// noStrings: no arguments, no environment. (count, bytes)
func noStrings(e *emitter, _ uint64) {
	for i := range uint32(2) {
		e.get(i)
		e.i32(0)
		e.store32()
	}
	e.errno(0)
}

// (clock, address)
func clockResolution(e *emitter, _ uint64) {
	e.get(1)
	e.i64(1)
	e.op(0x37, 0, 0)
	e.errno(0)
}

// (clock, precision, address)
func clockTime(e *emitter, _ uint64) {
	e.get(2)
	e.i64(fixedTime)
	e.op(0x37, 0, 0)
	e.errno(0)
}

// random fills with SplitMix64 of the seed, from its beginning at each call: a position would be memory. The state is
// counted up by the golden ratio for each byte. (address, length)
func random(e *emitter, seed uint64) {
	e.locals = []byte{2, 1, byte(I64), 1, byte(I64)}
	const address, length, state, x = 0, 1, 2, 3
	e.i64(int64(seed))
	e.set(state)
	e.loop()
	e.get(length)
	e.op(0x45) // i32.eqz
	e.exit()
	e.get(state)
	e.i64(-0x61c8864680b583eb) // 2^64 / golden ratio
	e.op(0x7c)
	e.set(state)
	e.get(state)
	e.set(x)
	mix := func(shift, by int64) {
		e.get(x)
		e.get(x)
		e.i64(shift)
		e.op(0x88, 0x85) // shr_u, xor
		if by != 0 {
			e.i64(by)
			e.op(0x7e) // mul
		}
		e.set(x)
	}
	mix(30, -0x40a7b892e31b1a47) // 0xbf58476d1ce4e5b9
	mix(27, -0x6b2fb644ecceee15) // 0x94d049bb133111eb
	mix(31, 0)
	e.get(address)
	e.get(x)
	e.op(0x3c, 0, 0) // i64.store8
	e.add(address, 1)
	e.add(length, -1)
	e.end()
	e.errno(0)
}

// discard takes everything and keeps nothing. (fd, vectors, count, written)
func discard(e *emitter, _ uint64) {
	const vectors, count, written, sum = 1, 2, 3, 4
	e.local(I32)
	e.loop()
	e.get(count)
	e.op(0x45)
	e.exit()
	e.get(sum)
	e.get(vectors)
	e.op(0x28, 0, 4) // i32.load: the vector's length
	e.op(0x6a)
	e.set(sum)
	e.add(vectors, 8)
	e.add(count, -1)
	e.end()
	e.get(written)
	e.get(sum)
	e.store32()
	e.errno(0)
}

// poll says that everything waited for has happened: no time passes here, so nothing can be waited for.
// (subscriptions of 48 bytes, events of 32, count, happened)
func poll(e *emitter, _ uint64) {
	const in, out, count, happened, left = 0, 1, 2, 3, 4
	e.local(I32)
	e.get(count)
	e.op(0x45, 0x04, 0x40) // if count == 0
	e.i32(errnoInvalid)
	e.op(0x0f, opEnd) // return
	e.get(count)
	e.set(left)
	e.loop()
	e.get(left)
	e.op(0x45)
	e.exit()
	e.get(out)
	e.get(in)
	e.op(0x29, 0, 0, 0x37, 0, 0) // user data
	e.get(out)
	e.i64(0)
	e.op(0x37, 0, 8) // no error
	e.get(out)
	e.get(in)
	e.op(0x2d, 0, 8, 0x3a, 0, 10) // kind
	e.add(in, 48)
	e.add(out, 32)
	e.add(left, -1)
	e.end()
	e.get(happened)
	e.get(count)
	e.store32()
	e.errno(0)
}
