package abi_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lotse-edge/lotse/sdk/abi"
)

const emptyModule = "\x00asm\x01\x00\x00\x00"

func TestAppendManifest(t *testing.T) {
	// A type section, and a custom section of another name.
	module := []byte(emptyModule + "\x01\x01\x00" + "\x00\x03\x02ab")
	spaced := strings.ReplaceAll(goodManifest, `,"`, ",\n  \"")
	backing := append(slices.Clone(module), 0xAA)
	got, err := abi.AppendManifest(backing[:len(module)], []byte(spaced))
	if err != nil {
		t.Fatal(err)
	}
	if backing[len(module)] != 0xAA {
		t.Error("the bytes behind the module were written to")
	}
	if !bytes.HasPrefix(got, module) || !bytes.HasSuffix(got, []byte(abi.Section+goodManifest)) {
		t.Errorf("not the module and then the manifest: %q", got)
	}
	m, err := abi.ManifestOf(got)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(parse(t, goodManifest), m); diff != "" {
		t.Error(diff)
	}

	if _, err := abi.AppendManifest(got, []byte(goodManifest)); err == nil || !strings.Contains(err.Error(), "already") {
		t.Errorf("a second manifest: %v", err)
	}
	var wrong *abi.ManifestError
	if _, err := abi.AppendManifest(module, []byte("{}")); !errors.As(err, &wrong) {
		t.Errorf("an empty manifest: %v", err)
	}
	if _, err := abi.AppendManifest([]byte("ELF"), []byte(goodManifest)); err == nil {
		t.Error("appended to what is not a module")
	}
}

func TestManifestOfRefuses(t *testing.T) {
	section := func(content string) string {
		body := "\x0elotse.manifest" + content
		return "\x00" + string([]byte{byte(len(body)) | 0x80, byte(len(body)>>7) | 0x80, byte(len(body) >> 14)}) + body
	}
	if _, err := abi.ManifestOf([]byte(emptyModule + section(goodManifest))); err != nil {
		t.Errorf("a length of three bytes: %v", err)
	}
	for name, c := range map[string]struct{ wasm, want string }{
		"nothing":             {"", "not a WebAssembly module"},
		"text":                {"(module)", "not a WebAssembly module"},
		"a component":         {"\x00asm\x0d\x00\x01\x00", "not a WebAssembly module"},
		"no manifest":         {emptyModule, "has no custom section"},
		"another name":        {emptyModule + "\x00\x03\x02ab", "has no custom section"},
		"two":                 {emptyModule + section(goodManifest) + section("{}"), "2 custom sections"},
		"too big":             {emptyModule + section(goodManifest+strings.Repeat(" ", abi.MaxManifest)), "more than 16384"},
		"empty":               {emptyModule + section(""), "is not JSON"},
		"an id and no more":   {emptyModule + "\x01", "not a whole"},
		"a length too long":   {emptyModule + "\x01\x02\x00", "not a whole"},
		"a length of 2^32-1":  {emptyModule + "\x01\xff\xff\xff\xff\x0f", "not a whole"},
		"a length of 6 bytes": {emptyModule + "\x01\x80\x80\x80\x80\x80\x00", "not a whole"},
		"a name too long":     {emptyModule + "\x00\x02\x05a", "not a whole"},
		"no name":             {emptyModule + "\x00\x00", "not a whole"},
	} {
		m, err := abi.ManifestOf([]byte(c.wasm))
		if m != nil || err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if none := strings.Contains(c.want, "has no"); none != errors.Is(err, abi.ErrNoManifest) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A manifest can be appended to whatever can be crossed, once, and is found again.
func FuzzManifestOf(f *testing.F) {
	f.Add([]byte(emptyModule))
	f.Add([]byte(emptyModule + "\x01\x01\x00" + "\x00\x03\x02ab"))
	f.Add([]byte(emptyModule + "\x00\x11\x0elotse.manifest{}"))
	f.Fuzz(func(t *testing.T, wasm []byte) {
		_, before := abi.ManifestOf(wasm[:len(wasm):len(wasm)])
		out, err := abi.AppendManifest(wasm, []byte(goodManifest))
		if errors.Is(before, abi.ErrNoManifest) != (err == nil) {
			t.Fatalf("before: %v, append: %v", before, err)
		}
		if err != nil {
			return
		}
		m, err := abi.ManifestOf(out)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(parse(t, goodManifest), m); diff != "" {
			t.Error(diff)
		}
	})
}
