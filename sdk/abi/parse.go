package abi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A ManifestError is all that is wrong with a manifest.
type ManifestError struct {
	Faults []Fault
}

// Fault is one thing that is wrong, and where: "reads[3].event". The path of the document itself is empty.
type Fault struct {
	Path, Message string
}

// maxFaults bounds an error: who has more to mend than this will ask again.
const maxFaults = 64

// Error gives one line for each fault.
func (e *ManifestError) Error() string {
	var b strings.Builder
	b.WriteString("the manifest is not valid")
	for _, f := range e.Faults {
		b.WriteString("\n  ")
		if f.Path != "" {
			b.WriteString(f.Path + ": ")
		}
		b.WriteString(f.Message)
	}
	return b.String()
}

// ParseManifest reads a manifest strictly: one JSON object, no unknown or repeated keys, keys in their exact case, nothing
// null, and every rule that this package states. An error is a *ManifestError with everything that is wrong.
// Empty lists come back as nil.
func ParseManifest(raw []byte) (*Manifest, error) {
	if err := checkJSON(raw); err != nil {
		return nil, &ManifestError{[]Fault{{Message: err.Error()}}}
	}
	var f faults
	m := f.manifest(raw)
	f.validate(m)
	if err := f.err(); err != nil {
		return nil, err
	}
	return m, nil
}

// EncodeManifest gives the canonical JSON of a valid manifest: ParseManifest of it is the same manifest.
func EncodeManifest(m *Manifest) ([]byte, error) {
	if err := m.Validate(); err != nil {
		return nil, err
	}
	whole := *m
	if whole.Reads == nil {
		whole.Reads = []Feature{} // the key is not optional, and null is no list
	}
	whole.Emits.Scores = slices.Clone(whole.Emits.Scores)
	for i := range whole.Emits.Scores {
		lists := slices.Clone(whole.Emits.Scores[i].Features)
		for j := range lists {
			if lists[j] == nil {
				lists[j] = []int{}
			}
		}
		whole.Emits.Scores[i].Features = lists
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(whole); err != nil {
		return nil, fmt.Errorf("encode the manifest: %w", err)
	}
	raw := bytes.TrimSuffix(b.Bytes(), []byte("\n"))
	if err := checkJSON(raw); err != nil {
		return nil, &ManifestError{[]Fault{{Message: err.Error()}}}
	}
	return raw, nil
}

// checkJSON checks the size, the encoding and the syntax, so that the readers below meet well-formed JSON only.
func checkJSON(raw []byte) error {
	if len(raw) > MaxManifest {
		return fmt.Errorf("has %d bytes, more than %d", len(raw), MaxManifest)
	}
	if !utf8.Valid(raw) {
		return errors.New("is not UTF-8")
	}
	var syntax *json.SyntaxError
	err := json.Unmarshal(raw, new(json.RawMessage))
	if errors.As(err, &syntax) {
		before := raw[:min(max(int(syntax.Offset)-1, 0), len(raw))]
		line := bytes.Count(before, []byte("\n")) + 1
		return fmt.Errorf("is not JSON: line %d: %v", line, err)
	}
	return err
}

// faults collects what is wrong, the first fault of a path only: what follows from it helps nobody.
type faults struct {
	list []Fault
	more int
}

func (f *faults) add(path, format string, args ...any) {
	if slices.ContainsFunc(f.list, func(g Fault) bool { return g.Path == path }) {
		return
	}
	if len(f.list) >= maxFaults {
		f.more++
		return
	}
	f.list = append(f.list, Fault{path, fmt.Sprintf(format, args...)})
}

func (f *faults) err() error {
	if len(f.list) == 0 {
		return nil
	}
	if f.more > 0 {
		f.list = append(f.list, Fault{Message: fmt.Sprintf("and %d more", f.more)})
	}
	return &ManifestError{f.list}
}

func (f *faults) manifest(raw []byte) *Manifest {
	m := &Manifest{}
	reads := false
	f.object("", raw, func(key, path string, v []byte) bool {
		switch key {
		case "abi":
			m.ABI = int(f.integer(path, v, 31))
		case "name":
			m.Name = f.text(path, v)
		case "version":
			m.Version = f.text(path, v)
		case "purpose":
			m.Purpose = f.text(path, v)
		case "reads":
			reads = true
			m.Reads = list(f, path, v, f.feature)
		case "emits":
			m.Emits = f.emits(path, v)
		case "fuel":
			m.Fuel = f.integer(path, v, 64)
		case "memory":
			m.Memory = uint32(f.integer(path, v, 32))
		default:
			return false
		}
		return true
	})
	if !reads {
		f.add("reads", "is missing; a module that reads nothing says []")
	}
	return m
}

func (f *faults) feature(path string, raw []byte) (x Feature) {
	f.object(path, raw, func(key, path string, v []byte) bool {
		switch key {
		case "name":
			x.Name = f.text(path, v)
		case "type":
			x.Type = Type(f.text(path, v))
		case "field":
			x.Field = f.text(path, v)
		case "aggregate":
			x.Aggregate = Aggregate(f.text(path, v))
		case "event":
			x.Event = f.text(path, v)
		case "where":
			x.Where = list(f, path, v, f.condition)
		case "property":
			x.Property = f.text(path, v)
		case "window":
			x.Window = f.text(path, v)
		case "half_life":
			x.HalfLife = f.text(path, v)
		default:
			return false
		}
		return true
	})
	return x
}

func (f *faults) condition(path string, raw []byte) (c Condition) {
	f.object(path, raw, func(key, path string, v []byte) bool {
		switch key {
		case "property":
			c.Property = f.text(path, v)
		case "in":
			c.In = list(f, path, v, f.text)
		case "prefix":
			c.Prefix = f.text(path, v)
		default:
			return false
		}
		return true
	})
	return c
}

func (f *faults) emits(path string, raw []byte) (e Emits) {
	f.object(path, raw, func(key, path string, v []byte) bool {
		switch key {
		case "scores":
			e.Scores = list(f, path, v, f.score)
		case "segments":
			e.Segments = list(f, path, v, f.text)
		case "titles":
			e.Titles = f.titles(path, v)
		case "traits":
			e.Traits = list(f, path, v, f.trait)
		default:
			return false
		}
		return true
	})
	return e
}

func (f *faults) score(path string, raw []byte) (s Score) {
	f.object(path, raw, func(key, path string, v []byte) bool {
		switch key {
		case "name":
			s.Name = f.text(path, v)
		case "title":
			s.Title = f.title(path, v)
		case "titles":
			s.Titles = f.titles(path, v)
		case "reasons":
			s.Reasons = list(f, path, v, f.text)
		case "features":
			s.Features = list(f, path, v, func(path string, raw []byte) []int {
				return list(f, path, raw, func(path string, raw []byte) int { return int(f.integer(path, raw, 31)) })
			})
		default:
			return false
		}
		return true
	})
	return s
}

func (f *faults) trait(path string, raw []byte) (t Trait) {
	f.object(path, raw, func(key, path string, v []byte) bool {
		switch key {
		case "name":
			t.Name = f.text(path, v)
		case "title":
			t.Title = f.title(path, v)
		case "titles":
			t.Titles = f.titles(path, v)
		case "values":
			t.Values = list(f, path, v, f.text)
		default:
			return false
		}
		return true
	})
	return t
}

// object reads an object key by key; field says whether it knows the key.
func (f *faults) object(path string, raw []byte, field func(key, path string, value []byte) bool) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		f.add(path, "must be an object")
		return
	}
	seen := map[string]bool{}
	for dec.More() {
		t, err := dec.Token()
		key, isKey := t.(string)
		var value json.RawMessage
		if err != nil || !isKey || dec.Decode(&value) != nil {
			f.add(path, "must be an object") // not reached: checkJSON took the document
			return
		}
		at := key
		if path != "" {
			at = path + "." + key
		}
		switch {
		case seen[key]:
			f.add(quotePath(at), "is there more than once")
		case !field(key, at, value):
			f.add(quotePath(at), "is not a key of version %d", Version)
		}
		seen[key] = true
	}
}

// list reads an array item by item.
func list[T any](f *faults, path string, raw []byte, item func(path string, raw []byte) T) []T {
	dec := json.NewDecoder(bytes.NewReader(raw))
	if t, err := dec.Token(); err != nil || t != json.Delim('[') {
		f.add(path, "must be a list")
		return nil
	}
	var out []T
	for dec.More() {
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			f.add(path, "must be a list") // not reached: checkJSON took the document
			return nil
		}
		out = append(out, item(path+"["+strconv.Itoa(len(out))+"]", value))
	}
	return out
}

func (f *faults) text(path string, raw []byte) string {
	var s *string
	if err := json.Unmarshal(raw, &s); err != nil || s == nil {
		f.add(path, "must be a text")
		return ""
	}
	return *s
}

func (f *faults) integer(path string, raw []byte, bits int) uint64 {
	n, err := strconv.ParseUint(string(bytes.TrimSpace(raw)), 10, bits)
	if err != nil {
		f.add(path, "must be a whole number from 0, below 2^%d", bits)
	}
	return n
}

// quotePath bounds a path that ends with a stranger's key, and shows what would break a line.
func quotePath(path string) string {
	if len(path) > 2*maxName {
		path = strings.ToValidUTF8(path[:2*maxName], "") + "..."
	}
	q := strconv.Quote(path)
	return q[1 : len(q)-1]
}
