//go:build race

package runtime_test

// slow is how much longer things may take than they should: the race detector slows our part down by ten or more.
const slow = 20
