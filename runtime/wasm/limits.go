package wasm

// Limits bound what a module may be made of. They stand in front of the compiler, whose cost grows with the square or
// worse of some of these numbers: without them a module of 6 KB compiles for a minute and a half.
type Limits struct {
	Name        string // the tier's name in messages
	Size        int    // bytes of the whole module
	Types       int
	Params      int // of one type
	Results     int // of one type
	Functions   int
	Body        int // bytes of one function
	Locals      int // of one function, parameters included
	Nesting     int // blocks within blocks
	Blocks      int // block, loop and if of one function
	LoopLocals  int // loops times locals of one function: each loop header carries every local
	Branches    int // entries of one br_table
	AllBranches int // entries of all br_table of one function
	Globals     int
	Table       uint32 // entries
	Pages       uint32 // of memory, at the start and for ever
	Exports     int
	Segments    int // of data, and of elements
	Customs     int // custom sections
	Work        int // of the compiler over all functions, see work
}

// work estimates what a function costs the compiler, where it does not grow with the bytes: each place where branches
// meet carries every local and is looked at from every other. Measured on wazero 1.12: some forty million units a second.
func work(blocks, loops int, locals uint64) uint64 {
	b, l := uint64(blocks), uint64(loops)
	return b*(b+32*locals) + 512*l*locals
}

// Small is the tier of a module that imports nothing: Rust, C, AssemblyScript, compiled rule files.
var Small = Limits{
	Name: "small module", Size: 512 << 10, Types: 512, Params: 32, Results: 4, Functions: 4096, Body: 64 << 10,
	Locals: 1024, Nesting: 128, Blocks: 2048, LoopLocals: 4096, Branches: 1024, AllBranches: 4096, Globals: 256,
	Table: 4096, Pages: 16, Exports: 64, Segments: 4096, Customs: 32, Work: 32 << 20,
}

// GoGuest is the tier of a module that imports WASI: Go's own compiler, whose functions are one loop around one big
// br_table. At least twice what the largest Go 1.26 guest below the size needs: 984 blocks, 21 locals, 3 loops and 51 KB
// in a function, 8,300 table entries, 72,000 data segments, 64 pages, 47 million units of work.
var GoGuest = Limits{
	Name: "Go guest", Size: 6 << 20, Types: 512, Params: 32, Results: 4, Functions: 32 << 10, Body: 128 << 10,
	Locals: 256, Nesting: 1024, Blocks: 2048, LoopLocals: 2048, Branches: 2048, AllBranches: 4096, Globals: 256,
	Table: 32 << 10, Pages: 128, Exports: 64, Segments: 256 << 10, Customs: 64, Work: 112 << 20,
}

// WASI is the only module that a guest may import from.
const WASI = "wasi_snapshot_preview1"
