package policies

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
)

// Counts is how often each situation was met, exactly: no sample, and nothing of anybody. Situations have the same numbers under every
// policy, so the counts of one weigh the change to another.
type Counts struct {
	Digest string            // of the policy in force when they were taken
	ByKey  map[uint32]uint64 // by Situation.Key
}

type countsJSON struct {
	Digest string            `json:"digest"`
	Counts map[string]uint64 `json:"counts"`
}

// ReadCounts reads what MarshalJSON wrote.
func ReadCounts(r io.Reader) (Counts, error) {
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	var text countsJSON
	if err := d.Decode(&text); err != nil {
		return Counts{}, fmt.Errorf("read the counts: %w", err)
	}
	c := Counts{Digest: text.Digest, ByKey: make(map[uint32]uint64, len(text.Counts))}
	for name, n := range text.Counts {
		key, err := strconv.ParseUint(name, 10, 32)
		if err != nil || key >= SituationCount || strconv.FormatUint(key, 10) != name {
			return Counts{}, fmt.Errorf("read the counts: %q is the number of no situation: they go from 0 to %d", name, SituationCount-1)
		}
		c.ByKey[uint32(key)] = n
	}
	return c, nil
}

// MarshalJSON writes {"digest": "...", "counts": {"4711": 3}}.
func (c Counts) MarshalJSON() ([]byte, error) {
	out := countsJSON{c.Digest, make(map[string]uint64, len(c.ByKey))}
	for key, n := range c.ByKey {
		out.Counts[strconv.FormatUint(uint64(key), 10)] = n
	}
	return json.Marshal(out)
}

// Of is how many decisions met one of the situations.
func (c Counts) Of(keys []uint32) (n uint64) {
	for _, key := range keys {
		n += c.ByKey[key]
	}
	return n
}

// Total is the number of all decisions.
func (c Counts) Total() (n uint64) {
	for _, one := range c.ByKey {
		n += one
	}
	return n
}
