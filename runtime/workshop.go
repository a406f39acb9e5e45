package runtime

import (
	"context"
	"errors"
)

// Workshop has modules prepared where they can do no harm, and keeps what came out. Without one a host prepares in its own
// process, where a compiler that runs wild takes the server with it, and keeps nothing.
type Workshop interface {
	// Prepare gives what the function Prepare makes of the request, from earlier or made now by a process with bounds.
	// What is kept must come back only if nobody else can have written it: the product's code runs in this process.
	Prepare(ctx context.Context, request []byte) (*Prepared, error)
}

// Prepared is a product with its compiled code. Whoever got it calls Close when the code has been read, and Discard after it
// if product or code turned out to be damaged.
type Prepared struct {
	Product []byte
	Folder  string // as it was given to the function Prepare
	Close   func()
	Discard func() // lets the next Prepare of the same request make it anew
}

// ErrTooCostly is a Workshop's answer about a module whose preparation broke the bounds.
var ErrTooCostly = errors.New("reading, initialising or compiling the module takes more time or memory than a module may")
