package profile

import "errors"

// Errors of opening.
var (
	// ErrFormat says that the store, or a row in it, was written in a format that this program does not know.
	ErrFormat = errors.New("the profile store has an unknown format")
	// ErrDamaged says that a file or a row is not what was written.
	ErrDamaged = errors.New("the profile store is damaged")
	// ErrInUse says that another process, or another Store, has the directory open.
	ErrInUse = errors.New("the profile store is in use")
)

// Errors of use.
var (
	// ErrBusy says that a profile's writer or the queue of writes did not get free in time. Nothing was stored; try again later.
	ErrBusy = errors.New("the profile store is busy")
	// ErrFailed says that a commit failed and the shard answers nothing any more: what was not acknowledged may or may not be
	// stored. The process must end and open the store anew.
	ErrFailed = errors.New("the profile store failed")
	// ErrClosed says that the store was closed.
	ErrClosed = errors.New("the profile store is closed")
	// ErrFull says that a profile, or a dictionary, has reached its bound.
	ErrFull = errors.New("the profile store's bound is reached")
)
