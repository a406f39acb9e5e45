package tenant_test

import (
	"archive/tar"
	"bytes"
	"errors"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/lotse-edge/lotse/edge/tenant"
)

func TestTarRoundTrip(t *testing.T) {
	folder := fstest.MapFS{
		"README.md": {}, ".git/config": {}, ".hidden": {}, "mapping.yaml": {}, "LICENSE": {}, "rules/own.test.yaml": {},
		"rules/points/main.go": {}, "rules/points/.cache/x": {}, "policies/own_test.rego": {}, "tests/a.yaml": {},
	}
	files := good(t)
	for name, data := range files {
		folder[name] = &fstest.MapFile{Data: data}
	}
	var stream bytes.Buffer
	skipped, err := tenant.WriteTar(&stream, folder)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{".git/", ".hidden", "LICENSE", "README.md", "mapping.yaml", "policies/own_test.rego", "rules/own.test.yaml", "rules/points/", "tests/"}
	if diff := cmp.Diff(want, skipped); diff != "" {
		t.Errorf("skipped:\n%s", diff)
	}
	first := bytes.Clone(stream.Bytes())
	got, err := tenant.ReadTar(&stream)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(files, got); diff != "" {
		t.Errorf("files:\n%s", diff)
	}
	var again bytes.Buffer
	if err := tenant.WriteFiles(&again, got); err != nil || !bytes.Equal(first, again.Bytes()) {
		t.Errorf("the same files give another archive, or %v", err)
	}
	for _, cut := range []int{1, 100, 511, 700, len(first) / 2} {
		var invalid *tenant.InvalidError
		if _, err := tenant.ReadTar(bytes.NewReader(first[:cut])); !errors.As(err, &invalid) {
			t.Errorf("cut at %d: %v", cut, err)
		}
	}
	unreadable := errors.New("connection lost")
	if _, err := tenant.ReadTar(iotest.ErrReader(unreadable)); !errors.Is(err, unreadable) {
		t.Errorf("the reader's error: %v", err)
	}
}

func TestReadTarRefuses(t *testing.T) {
	f := func(message string, headers ...tar.Header) {
		t.Helper()
		var stream bytes.Buffer
		w := tar.NewWriter(&stream)
		for _, h := range headers {
			h.Mode = 0o644
			if err := w.WriteHeader(&h); err != nil {
				t.Fatal(err)
			}
			if h.Size < 1<<20 {
				w.Write(make([]byte, h.Size))
			}
		}
		w.Flush()
		stream.Write(make([]byte, 1024))
		_, err := tenant.ReadTar(&stream)
		var invalid *tenant.InvalidError
		if message == "" && err == nil || errors.As(err, &invalid) && strings.Contains(err.Error(), message) && message != "" {
			return
		}
		t.Errorf("want %q, got %v", message, err)
	}
	f("", tar.Header{Name: "./tenant.yaml", Typeflag: tar.TypeReg, Size: 3}, tar.Header{Name: "rules/", Typeflag: tar.TypeDir}, tar.Header{Name: "./", Typeflag: tar.TypeDir})
	for _, name := range []string{"/etc/passwd", "../tenant.yaml", "rules/../../x", "a//b", `rules\x.wasm`, "C:/x", "a\nb", strings.Repeat("a", 201)} {
		f("the path is not clean", tar.Header{Name: name, Typeflag: tar.TypeReg})
	}
	f("the path is not clean", tar.Header{Name: "../rules/", Typeflag: tar.TypeDir})
	f("not a plain file", tar.Header{Name: "tenant.yaml", Linkname: "/etc/passwd", Typeflag: tar.TypeSymlink})
	f("not a plain file", tar.Header{Name: "tenant.yaml", Linkname: "x", Typeflag: tar.TypeLink})
	f("not a plain file", tar.Header{Name: "tenant.yaml", Typeflag: tar.TypeFifo})
	f("twice", tar.Header{Name: "tenant.yaml", Typeflag: tar.TypeReg}, tar.Header{Name: "./tenant.yaml", Typeflag: tar.TypeReg})
	f("larger than 64 MiB", tar.Header{Name: "rules/a.wasm", Typeflag: tar.TypeReg, Size: tenant.MaxFolder + 1})
	f("not a whole tar archive", tar.Header{Name: "rules/a.wasm", Typeflag: tar.TypeReg, Size: 50 << 20})
	var lots []tar.Header
	for i := range tenant.MaxFiles + 1 {
		lots = append(lots, tar.Header{Name: "rules/a" + strings.Repeat("b", i%100) + strings.Repeat("c", i/100), Typeflag: tar.TypeReg})
	}
	f("more than 200 files", lots...)
}

func TestReadFSRefuses(t *testing.T) {
	f := func(folder fstest.MapFS) {
		t.Helper()
		var invalid *tenant.InvalidError
		if files, _, err := tenant.ReadFS(folder); !errors.As(err, &invalid) {
			t.Errorf("read %v, %v", slices.Collect(maps.Keys(files)), err)
		}
	}
	f(fstest.MapFS{"tenant.yaml": {Mode: fs.ModeNamedPipe}})
	f(fstest.MapFS{"rules/a.wasm": {Mode: fs.ModeSymlink, Data: []byte("/etc/passwd")}})
	lots := fstest.MapFS{}
	for i := range tenant.MaxFiles + 1 {
		lots[strings.Repeat("a", i+1)] = &fstest.MapFile{}
	}
	f(lots)
}
