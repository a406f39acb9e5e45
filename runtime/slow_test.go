//go:build !race

package runtime_test

// slow is how much longer things may take than they should: tests of other packages run at the same time.
const slow = 2
