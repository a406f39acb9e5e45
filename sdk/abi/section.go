package abi

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// ErrNoManifest says that a module has no manifest: it was built, but the manifest was not appended.
var ErrNoManifest = fmt.Errorf("the module has no custom section %q", Section)

var (
	errNotWasm   = errors.New("not a WebAssembly module: the file does not begin with \\0asm and version 1")
	errTruncated = errors.New("not a whole WebAssembly module: a section is longer than the file, or its length is malformed")
)

const (
	wasmHeader    = "\x00asm\x01\x00\x00\x00"
	customSection = 0
)

// AppendManifest gives the module with the manifest appended as its custom section. The manifest is checked first and
// written in its canonical form. A module that already has one is refused; wasm itself is never written to.
func AppendManifest(wasm, json []byte) ([]byte, error) {
	m, err := ParseManifest(json)
	if err != nil {
		return nil, err
	}
	canonical, err := EncodeManifest(m)
	if err != nil {
		return nil, err
	}
	sections, err := manifestSections(wasm)
	if err != nil {
		return nil, err
	}
	if len(sections) > 0 {
		return nil, fmt.Errorf("the module already has a custom section %q", Section)
	}

	name := append(binary.AppendUvarint(nil, uint64(len(Section))), Section...)
	out := append(slices.Clip(wasm), customSection)
	out = binary.AppendUvarint(out, uint64(len(name)+len(canonical)))
	out = append(out, name...)
	return append(out, canonical...), nil
}

// ManifestOf reads the manifest of a module. Of the rest of the binary it checks only what it must cross to find it: that
// the module is sound is for the host to say.
func ManifestOf(wasm []byte) (*Manifest, error) {
	sections, err := manifestSections(wasm)
	if err != nil {
		return nil, err
	}
	switch len(sections) {
	case 0:
		return nil, ErrNoManifest
	case 1:
		return ParseManifest(sections[0])
	default:
		return nil, fmt.Errorf("the module has %d custom sections %q, not one", len(sections), Section)
	}
}

// manifestSections gives the contents of every custom section that holds a manifest.
func manifestSections(wasm []byte) ([][]byte, error) {
	if len(wasm) < len(wasmHeader) || string(wasm[:len(wasmHeader)]) != wasmHeader {
		return nil, errNotWasm
	}
	var found [][]byte
	for rest := wasm[len(wasmHeader):]; len(rest) > 0; {
		id := rest[0]
		body, after, ok := cutVector(rest[1:])
		if !ok {
			return nil, errTruncated
		}
		if id == customSection {
			name, content, ok := cutVector(body)
			if !ok {
				return nil, errTruncated
			}
			if string(name) == Section {
				found = append(found, content)
			}
		}
		rest = after
	}
	return found, nil
}

// cutVector cuts b behind a length in LEB128, an unsigned 32-bit number in at most five bytes, and that many bytes.
func cutVector(b []byte) (vector, rest []byte, ok bool) {
	length, n := binary.Uvarint(b[:min(len(b), binary.MaxVarintLen32)])
	if n <= 0 || length > uint64(len(b)-n) {
		return nil, nil, false
	}
	b = b[n:]
	return b[:length], b[length:], true
}
