package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/lotse-edge/lotse/policies"
)

// readPolicy reads a policy from its folder, which holds a folder privacy, or from a bundle.
func readPolicy(name string) (policies.Source, error) {
	info, err := os.Stat(name)
	if err != nil {
		return policies.Source{}, fmt.Errorf("read the policy: %w", err)
	}
	if info.IsDir() {
		if !exists(filepath.Join(name, "privacy")) {
			return policies.Source{}, fmt.Errorf("%s holds no policy: a policy is a folder that holds the folder privacy, or a bundle", name)
		}
		return policies.ReadFolder(os.DirFS(name))
	}
	file, err := os.Open(name)
	if err != nil {
		return policies.Source{}, fmt.Errorf("read the policy: %w", err)
	}
	defer file.Close()
	return policies.ReadBundle(file, policies.Keys{})
}
