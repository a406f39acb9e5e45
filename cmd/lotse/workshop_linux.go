package main

import (
	"fmt"
	"os"
	"strings"
	"syscall"
)

// boundProcess makes the system end this process when it uses more: seconds of processor time, bytes of memory beyond what
// the Go runtime has reserved already, bytes in a file. It leaves no core file.
func boundProcess(seconds, memory, file uint64) error {
	// The runtime reserves address space that it never uses, more than a gigabyte; the limit counts it.
	var reserved uint64
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return fmt.Errorf("read the size of this process: %w", err)
	}
	if _, err := fmt.Fscan(strings.NewReader(string(b)), &reserved); err != nil {
		return fmt.Errorf("read the size of this process: %w", err)
	}
	memory += reserved * uint64(os.Getpagesize())
	for _, limit := range []struct {
		what  int
		value uint64
	}{
		{syscall.RLIMIT_CPU, seconds}, {syscall.RLIMIT_AS, memory}, {syscall.RLIMIT_FSIZE, file}, {syscall.RLIMIT_CORE, 0},
	} {
		if err := syscall.Setrlimit(limit.what, &syscall.Rlimit{Cur: limit.value, Max: limit.value}); err != nil {
			return fmt.Errorf("bound this process: %w", err)
		}
	}
	return nil
}
