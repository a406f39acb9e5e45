package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/lotse-edge/lotse/policies"
)

const policyFetchAbout = `
Writes the sources of a policy of a server into a new folder: of the one in force, or with --policy of one that waits. That is where a
change of a policy begins.`

// policyFetch is lotse policy fetch.
func policyFetch(ctx context.Context, env *environment, args []string) int {
	c := newServerCall(env, "fetch", "DIR", policyFetchAbout)
	digest := c.String("policy", "", "`digest` of a policy that waits, or its beginning; empty: the policy in force")
	operands, exit, ok := c.begin(args, 1, 1)
	if !ok {
		return exit
	}
	source, name, err := c.chosen(ctx, *digest)
	if err != nil {
		return c.failed(err)
	}
	dir := env.path(operands[0])
	if left, err := os.ReadDir(dir); err == nil && len(left) > 0 {
		return c.failed(fmt.Errorf("%s is not empty: name a new folder", operands[0]))
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return c.failed(err)
	}
	for _, file := range slices.Sorted(maps.Keys(source.Files)) {
		if err := writeSource(filepath.Join(dir, filepath.FromSlash(file)), source.Files[file]); err != nil {
			return c.failed(err)
		}
	}
	return c.answer(map[string]any{"digest": name, "sources": source.Digest(), "files": len(source.Files)}, func(p *page) {
		p.line("", c.sayf("wrote the policy %s to %s: %d files", "die Regeln %s liegen in %s: %d Dateien", short(name), operands[0], len(source.Files)))
	})
}

// chosen gives the sources of a policy and its digest.
func (c *serverCall) chosen(ctx context.Context, prefix string) (policies.Source, string, error) {
	if prefix == "" {
		now, err := c.status(ctx)
		if err != nil {
			return policies.Source{}, "", err
		}
		s, err := c.fetch(ctx, now.Sources)
		return s, now.Digest, err
	}
	_, w, err := c.waiting(ctx, prefix)
	if err != nil {
		return policies.Source{}, "", err
	}
	s, err := c.fetch(ctx, w.Sources)
	return s, w.Digest, err
}

// fetch gets the sources of a policy from the server.
func (c *serverCall) fetch(ctx context.Context, sources string) (policies.Source, error) {
	bundle, err := c.client.raw(ctx, policyPath+"/sources/"+sources)
	if err != nil {
		return policies.Source{}, fmt.Errorf("fetch the sources: %w", err)
	}
	s, err := policies.ReadBundle(bytes.NewReader(bundle), policies.Keys{})
	if err != nil {
		return s, err
	}
	if s.Digest() != sources {
		return s, fmt.Errorf("the server sent other sources than those with the digest %s", short(sources))
	}
	return s, nil
}

func writeSource(file, content string) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, []byte(content), 0o644)
}
