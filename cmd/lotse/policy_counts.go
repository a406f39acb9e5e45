package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/lotse-edge/lotse/policies"
	"github.com/lotse-edge/lotse/policies/decisions"
)

// readCounts reads how often each situation was met; nil if nobody asked.
func (c *policyDiffCall) readCounts() (*policies.Counts, error) {
	switch {
	case c.file != "":
		file, err := os.Open(c.env.path(c.file))
		if err != nil {
			return nil, fmt.Errorf("read the counts: %w", err)
		}
		defer file.Close()
		counts, err := policies.ReadCounts(file)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.file, err)
		}
		return &counts, nil
	case c.data != "":
		return c.countsOfServer()
	}
	return nil, nil
}

// countsOfServer adds up what a server counted, under whatever policies: situations have the same numbers under all of them.
func (c *policyDiffCall) countsOfServer() (*policies.Counts, error) {
	files := decisionFiles{filepath.Join(c.env.path(c.data), "decisions")}
	if _, err := os.Stat(files.dir); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s holds no decisions: --data names the folder of a server", c.data)
	}
	counted, err := decisions.ReadCounts(files, func(err error) {
		fmt.Fprintf(c.env.stderr, "lotse %s: %v\n", c.Name(), err)
	})
	if err != nil {
		return nil, err
	}
	out := &policies.Counts{ByKey: map[uint32]uint64{}}
	for _, table := range counted.Tables {
		for key, n := range table.Rows {
			out.ByKey[key] += n
		}
	}
	return out, nil
}
