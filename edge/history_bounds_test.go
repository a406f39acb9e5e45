package edge

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lotse-edge/lotse/edge/tenant"
)

// oneArchive keeps the last documents that were saved.
type oneArchive struct{ documents []byte }

func (a *oneArchive) Save(_ string, documents []byte) error { a.documents = documents; return nil }

func (a *oneArchive) Load() (map[string][]byte, error) { return nil, nil }

// again saves a history and reads it as the next start does.
func again(t *testing.T, h history) history {
	t.Helper()
	archive := &oneArchive{}
	s := &Server{config: Config{Archive: archive, Log: slog.New(slog.NewTextHandler(io.Discard, nil))}}
	if err := s.saveHistory("v", h); err != nil {
		t.Fatal(err)
	}
	back, err := readHistory(archive.documents, time.Now())
	if err != nil {
		t.Fatalf("what was saved cannot be read: %v", err)
	}
	return back
}

// aVersion has just what a history needs. Its bytes are as many as wanted.
func aVersion(n, size int, at time.Time) *storedVersion {
	data := bytes.Repeat(fmt.Appendf(nil, "%08d", n), size/8)
	return &storedVersion{Digest: digestOf(data), Version: "1.0.0", File: "rules/x.wasm", Size: size, Extent: []string{"reads this"}, By: "anna", At: at, bytes: data}
}

// TestAHistoryOfManyModules: where more runs than an archive holds files, what is in no other place is kept first, and a start reads it.
func TestAHistoryOfManyModules(t *testing.T) {
	h := history{}
	for i := range 150 {
		active, previous := aVersion(2*i, 8, time.Unix(0, 0)), aVersion(2*i+1, 8, time.Unix(0, 0))
		h[fmt.Sprintf("m%03d", i)] = &moduleHistory{Granted: active.Extent, Active: active.Digest, Previous: previous.Digest, Versions: []*storedVersion{previous, active}}
	}
	h.prune()
	back := again(t, h)
	for name, m := range h {
		if back[name] == nil || !slices.Equal(back[name].Granted, m.Granted) {
			t.Fatalf("%s: what was granted is lost", name)
		}
		if _, v := back.find(name, m.Previous); v == nil {
			t.Errorf("%s: the version to roll back to is lost", name)
		}
	}
}

// TestAHistoryOfLargeModules: the bytes of all versions and the index stay within what a start reads.
func TestAHistoryOfLargeModules(t *testing.T) {
	h := history{}
	for i := range 4 {
		previous, active := aVersion(2*i, tenant.MaxModule, time.Unix(0, 0)), aVersion(2*i+1, 8, time.Unix(1, 0))
		h[fmt.Sprintf("m%d", i)] = &moduleHistory{Granted: active.Extent, Active: active.Digest, Previous: previous.Digest, Versions: []*storedVersion{previous, active}}
	}
	h.prune()
	kept := 0
	for name, m := range again(t, h) {
		if _, v := (history{name: m}).find(name, m.Previous); v != nil {
			kept++
		}
		if _, v := (history{name: m}).find(name, m.Active); v == nil || v.By != "anna" {
			t.Errorf("%s: who uploaded the version in force is lost: %+v", name, v)
		}
	}
	if kept != 3 {
		t.Errorf("%d versions of %d MiB are kept", kept, tenant.MaxModule>>20)
	}
}

// TestGrantsAreBounded: what was granted to versions that are long gone is forgotten at last, and would have to be approved again. What
// a version that is there does is never forgotten.
func TestGrantsAreBounded(t *testing.T) {
	h, now := history{}, time.Unix(0, 0)
	var grown int
	for i := range 200 { // of 50 lines each
		v := aVersion(i, 8, now.Add(time.Duration(i)*time.Second))
		v.Extent = nil
		for k := range 50 {
			v.Extent = append(v.Extent, fmt.Sprintf("reads the number of view in %05dd", 50*i+k))
		}
		if h["m"] == nil {
			h["m"] = &moduleHistory{}
		}
		h["m"].Versions = append(h["m"].Versions, v)
		h["m"].Previous, h["m"].Active = h["m"].Active, v.Digest
		h["m"].grant(v.Extent)
		h.prune()
		for _, kept := range h["m"].Versions {
			if _, ok := slices.BinarySearch(h["m"].Granted, kept.Extent[0]); !ok {
				t.Fatalf("what version %s does is forgotten", kept.Digest)
			}
		}
		grown = max(grown, len(h["m"].Granted))
	}
	if grown > maxGranted || grown < maxGranted/2 {
		t.Errorf("up to %d lines were kept", grown)
	}
	// A module of which no version is left is forgotten as a whole.
	h["gone"] = &moduleHistory{Granted: []string{"reads that"}}
	if h.prune(); h["gone"] != nil {
		t.Error("a module without versions is kept")
	}
}

// TestRottenVersions: bytes that are not those of the digest are no version.
func TestRottenVersions(t *testing.T) {
	v := aVersion(1, 64, time.Unix(0, 0))
	h := history{"m": &moduleHistory{Granted: v.Extent, Active: v.Digest, Versions: []*storedVersion{v}}}
	if back := again(t, h); len(back["m"].Versions) != 1 {
		t.Fatal("a sound version is lost")
	}
	v.bytes = []byte(strings.Replace(string(v.bytes), "1", "2", 1))
	if back := again(t, h); len(back["m"].Versions) != 0 || len(back["m"].Granted) != 1 {
		t.Errorf("kept: %+v", back["m"])
	}
}
