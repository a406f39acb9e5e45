package main

import (
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

const policyBundleAbout = `
Packs the folder of a policy as one file, a bundle in OPA's format, and signs it if there is a key. It does not check the policy: the
server does when it is pushed, and 'lotse policy check' does here.`

// policyBundle is lotse policy bundle.
func policyBundle(_ context.Context, env *environment, args []string) int {
	c := newPolicyCall(env, "bundle", "DIR --out FILE", policyBundleAbout)
	out := c.String("out", "", "`file` for the bundle")
	id := c.String("key-id", "", "`id` by which the server knows the key: the name of its file without .pem")
	key := c.String("key", "", "`file` with the private key in PEM (PKCS #8)")
	operands, exit, ok := c.parseBetween(args, 1, 1)
	switch {
	case !ok:
		return exit
	case *out == "":
		return c.misuse("needs --out")
	case (*id == "") != (*key == ""):
		return c.misuse("--key-id and --key come together")
	}
	var signer *policies.Signer
	if *key != "" {
		private, err := readSmall(env.path(*key))
		if err == nil {
			signer, err = policies.ParseSigner(*id, private)
		}
		if err != nil {
			return env.fail(c.Name(), fmt.Errorf("read the signing key: %w", err))
		}
	}
	bundle, err := pack(env, operands[0], signer)
	if err == nil {
		err = writeAtomic(env.path(*out), bundle, 0o644)
	}
	if err != nil {
		return env.fail(c.Name(), err)
	}
	if c.json {
		return c.end(c.page(), c.printJSON(map[string]any{"file": *out, "bytes": len(bundle), "signed_by": *id}))
	}
	p := c.page()
	p.line("", c.sayf("packed %s (%d KiB)", "%s gepackt (%d KiB)", *out, kibibytes(len(bundle))))
	if *id != "" {
		p.line("", c.sayf("signed as %s", "unterschrieben als %s", *id))
	}
	return c.end(p, nil)
}

const policyFmtAbout = `
Lays out the Rego files of a policy in the one way that the gate asks for, so that two policies differ only where their rules do. Without
--write it only names the files that are laid out otherwise.

Exit: 0 all files are laid out so, or are now; 1 some are not.`

// policyFmt is lotse policy fmt.
func policyFmt(_ context.Context, env *environment, args []string) int {
	c := newPolicyCall(env, "fmt", "DIR", policyFmtAbout)
	write := c.Bool("write", false, "change the files")
	operands, exit, ok := c.parseBetween(args, 1, 1)
	if !ok {
		return exit
	}
	dir := env.path(operands[0])
	source, err := policies.ReadFolder(os.DirFS(dir))
	if err != nil {
		return env.fail(c.Name(), err)
	}
	formatted, err := policies.Format(source)
	if err != nil {
		return c.refused(err)
	}
	files := slices.Sorted(maps.Keys(source.Files))
	files = slices.DeleteFunc(files, func(name string) bool { return source.Files[name] == formatted.Files[name] })
	if *write {
		for _, name := range files {
			if err := rewrite(filepath.Join(dir, filepath.FromSlash(name)), formatted.Files[name]); err != nil {
				return env.fail(c.Name(), err)
			}
		}
	}
	if c.json {
		exit = c.end(c.page(), c.printJSON(map[string]any{"files": append([]string{}, files...), "written": *write}))
	} else {
		p := c.page()
		for _, name := range files {
			p.line("", name)
		}
		exit = c.end(p, nil)
	}
	if exit == exitOK && len(files) > 0 && !*write {
		return exitFailed
	}
	return exit
}

// rewrite puts another content into a file, which keeps its mode.
func rewrite(file, content string) error {
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	return writeAtomic(file, []byte(content), info.Mode().Perm())
}

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

func writeSource(file, content string) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, []byte(content), 0o644)
}
