package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/lotse-edge/lotse/policies"
)

// readPolicyKeys reads a folder of public keys; the name of a file, without .pem, is the id of its key. No name, no keys.
func readPolicyKeys(env *environment, dir string) (policies.Keys, error) {
	if dir == "" {
		return policies.Keys{}, nil
	}
	entries, err := os.ReadDir(env.path(dir))
	if err != nil {
		return policies.Keys{}, err
	}
	byID := map[string]string{}
	for _, e := range entries {
		id, ok := strings.CutSuffix(e.Name(), ".pem")
		if !ok {
			continue
		}
		if byID[id], err = readSmall(filepath.Join(env.path(dir), e.Name())); err != nil {
			return policies.Keys{}, err
		}
	}
	if len(byID) == 0 {
		return policies.Keys{}, fmt.Errorf("%s holds no key (*.pem): without one any policy would pass", dir)
	}
	return policies.ParseKeys(byID)
}
