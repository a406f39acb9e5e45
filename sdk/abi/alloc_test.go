//go:build !race

package abi_test

import (
	"testing"

	"github.com/lotse-edge/lotse/sdk/abi"
)

func TestTheHotPathAllocatesNothing(t *testing.T) {
	values := manyValues(24)
	record := make([]byte, 0, abi.MaxRecord)
	if n := testing.AllocsPerRun(100, func() {
		if _, err := abi.AppendRecord(record, 1, values); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("AppendRecord allocates %v times", n)
	}

	m := parse(t, goodManifest)
	raw := abi.AppendEntries(nil, goodEntries)
	dst := make([]abi.Entry, 0, abi.MaxEntries)
	if n := testing.AllocsPerRun(100, func() {
		if _, err := abi.DecodeEntries(m, raw, dst); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("DecodeEntries allocates %v times", n)
	}
}
