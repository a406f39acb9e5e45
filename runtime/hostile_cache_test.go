package runtime_test

import (
	"context"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/lotse-edge/lotse/runtime"
)

func caches() []hostileTest {
	return []hostileTest{{name: "32-poisoned-cache", sources: []string{"24-traps"}, run: poisoned}}
}

// dishonest is a workshop that changes what it hands out.
type dishonest struct {
	t      *testing.T
	change func(product []byte, code string) []byte // code is the file of the compiled code
}

func (w *dishonest) Prepare(ctx context.Context, request []byte) (*runtime.Prepared, error) {
	folder := w.t.TempDir()
	product, err := runtime.Prepare(ctx, request, folder)
	if err != nil {
		return nil, err
	}
	var code string
	err = filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			code = path
		}
		return err
	})
	if err != nil || code == "" {
		w.t.Errorf("no compiled code: %v", err)
	}
	return &runtime.Prepared{Product: w.change(product, code), Folder: folder, Close: func() {}, Discard: func() {}}, nil
}

// poisoned: a product or its compiled code that was cut off or damaged where it was kept is an error, or is made again;
// it never takes the process along. Against one who can write both it and its checksum stands the workshop's seal, and
// that is tested where it is made, in cmd/lotse.
func poisoned(t *testing.T) {
	rewrite := func(code string, change func(b []byte) []byte) {
		b, err := os.ReadFile(code)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(code, change(b), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r := rand.New(rand.NewPCG(32, 32))
	whole := source(t, "24-traps")
	for name, change := range map[string]func(product []byte, code string) []byte{
		"as it was":            func(p []byte, _ string) []byte { return p },
		"no product":           func([]byte, string) []byte { return nil },
		"half a product":       func(p []byte, _ string) []byte { return p[:len(p)/2] },
		"another magic number": func(p []byte, _ string) []byte { return append([]byte("X"), p[1:]...) },
		"a product and more":   func(p []byte, _ string) []byte { return append(p, 1, 2, 3) },
		"no code":              func(p []byte, code string) []byte { rewrite(code, func(b []byte) []byte { return nil }); return p },
		"half the code": func(p []byte, code string) []byte {
			rewrite(code, func(b []byte) []byte { return b[:len(b)/2] })
			return p
		},
		"the last byte missing": func(p []byte, code string) []byte {
			rewrite(code, func(b []byte) []byte { return b[:len(b)-1] })
			return p
		},
		"text for code": func(p []byte, code string) []byte {
			rewrite(code, func(b []byte) []byte { return []byte("native code") })
			return p
		},
		"a byte of the code": func(p []byte, code string) []byte {
			rewrite(code, func(b []byte) []byte { b[len(b)/2+r.IntN(len(b)/4)] ^= 1; return b })
			return p
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHost(t, runtime.Config{Workshop: &dishonest{t, change}})
			m, err := h.Load(context.Background(), "test", whole)
			if name == "as it was" && err != nil {
				t.Fatal(err)
			}
			var refused *runtime.AdmissionError
			if errors.As(err, &refused) {
				t.Fatal("the module is blamed for what was kept of it:", err)
			}
			if err != nil {
				return
			}
			provoke(t, m, m, evil, runtime.Trapped)
		})
	}
}
