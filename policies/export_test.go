package policies

// TestHost is the host of the edge, for tests outside of the package.
var TestHost Host = wasmHost{}
