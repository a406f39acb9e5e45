package main

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"strings"

	"github.com/lotse-edge/lotse/edge"
)

// demoFiles holds the shop's pages and the sample tenants. The modules under samples are built by make build.
//
//go:embed demo all:samples
var demoFiles embed.FS

func demoCommand() command {
	return command{"demo", "run the edge with a sample shop", func(ctx context.Context, env *environment, args []string) int {
		f := newFlags(env, "demo", "", `Runs the edge with the sample tenant, a wine grower's shop, and prints the address to open.
The shop's write key is kept in DIR/demo.key, a server key in DIR/demo.server.key, the admin token in DIR/admin.token.`)
		var s settings
		s.bind(f, "data")
		file := f.String("config", "", "YAML `file` of settings (LOTSE_CONFIG)")
		if _, exit, ok := f.parse(args, 0); !ok {
			return exit
		}
		if err := s.overlay(f, *file); err != nil {
			return env.fail("demo", err)
		}
		if err := demo(ctx, env, s); err != nil {
			return env.fail("demo", err)
		}
		return exitOK
	}}
}

func demo(ctx context.Context, env *environment, s settings) error {
	data := env.path(s.data)
	key, isNew, err := keepSecret(filepath.Join(data, "demo.key"), "lk_w_")
	if err != nil {
		return fmt.Errorf("keep the demo's write key: %w", err)
	}
	serverKey, _, err := keepSecret(filepath.Join(data, "demo.server.key"), "lk_s_")
	if err != nil {
		return fmt.Errorf("keep the demo's server key: %w", err)
	}
	files, err := sampleFiles("winery")
	if err != nil {
		return err
	}
	files["keys.yaml"] = keysFile(key, serverKey)
	pages, err := fs.Sub(demoFiles, "demo")
	if err != nil {
		return err
	}
	config, err := json.Marshal(map[string]any{"key": key, "tenant": "winery", "languages": []string{"de", "en"}})
	if err != nil {
		return err
	}
	prepare := func(ctx context.Context, server *edge.Server) error {
		if server.Has("winery") {
			return nil // what was changed in it stays
		}
		if _, err := server.Apply(ctx, "winery", files, false); err != nil {
			return fmt.Errorf("apply the sample tenant: %w", err)
		}
		return nil
	}
	announce := func(server *edge.Server) {
		if isNew {
			fmt.Fprintf(env.stdout, "write key of the sample tenant: %s\n", key)
		}
		fmt.Fprintf(env.stdout, "open   http://%s/\nadmin  http://%s/  (token in %s)\n",
			server.PublicAddr(), server.AdminAddr(), filepath.Join(s.data, "admin.token"))
	}
	return serve(ctx, env, s, site{pages: pages, data: map[string][]byte{"/demo/config.json": config}, prepare: prepare, announce: announce})
}

// keysFile is the sample tenant's keys.yaml: hashes, as everywhere.
func keysFile(write, server string) []byte {
	hash := func(key string) string {
		sum := sha256.Sum256([]byte(key))
		return hex.EncodeToString(sum[:])
	}
	return fmt.Appendf(nil, "keys:\n  - {name: demo-shop, scope: write, hash: %s}\n  - {name: demo-server, scope: server, hash: %s}\n",
		hash(write), hash(server))
}

// sampleFiles reads a sample tenant's folder as apply would send it: documents and built modules, no sources.
func sampleFiles(name string) (map[string][]byte, error) {
	root := path.Join("samples", name)
	files := make(map[string][]byte)
	modules, sources := 0, 0
	err := fs.WalkDir(demoFiles, root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		relative := strings.TrimPrefix(strings.TrimPrefix(file, root), "/")
		if d.IsDir() {
			if path.Dir(relative) == "rules" {
				sources++
				return fs.SkipDir
			}
			return nil
		}
		switch ext := path.Ext(relative); {
		case ext == ".wasm":
			modules++
		case relative == "mapping.yaml", relative == "keys.yaml", ext != ".yaml" && ext != ".rego":
			return nil
		}
		files[relative], err = fs.ReadFile(demoFiles, file)
		return err
	})
	if err == nil && modules < sources {
		err = errors.New("this binary was built without the sample tenant's modules: build it with make build")
	}
	return files, err
}
