package decisions

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"
)

// Describe tells what a row stands for: the situation's document, the row's document and the ids of the rules that fired.
// It is not ok where the table is not at hand any more.
type Describe func(d Digest, key uint32) (input, result json.RawMessage, ids []string, ok bool)

// OPA writes entries as events of OPA's decision log, for who collects those (Open Policy Agent 1.22, Decision Logs).
type OPA struct {
	Labels   map[string]string // of the server; OPA itself gives "id" and "version"
	Describe Describe          // may be nil
}

// opaEvent has the fields of OPA's event that have a meaning here, by OPA's names. A decision of Lotse has no requester, no
// metrics and nothing to mask.
type opaEvent struct {
	Labels     map[string]string    `json:"labels"`
	DecisionID string               `json:"decision_id"`
	Bundles    map[string]opaBundle `json:"bundles"`
	Path       string               `json:"path"`
	Input      json.RawMessage      `json:"input,omitempty"`
	Result     json.RawMessage      `json:"result,omitempty"`
	Timestamp  time.Time            `json:"timestamp"`
	IDs        []string             `json:"ids,omitempty"`
	Custom     opaCustom            `json:"custom"`
}

type opaBundle struct {
	Revision string `json:"revision"`
}

// opaCustom is what finds the decision again in our own log.
type opaCustom struct {
	Table    string `json:"table"`
	Row      uint32 `json:"row"`
	Sequence uint64 `json:"sequence"`
	Count    uint64 `json:"count,omitempty"` // of a tally, which is one event
}

// Append appends one line of JSON. The timestamp is the minute in which the entry's segment was begun, on purpose: the log
// knows no time of a decision. The revision is the digest of the table, and the id is the same each time.
func (o *OPA) Append(dst []byte, e *Entry) ([]byte, error) {
	event := opaEvent{
		Labels:     o.Labels,
		DecisionID: decisionID(e),
		Bundles:    map[string]opaBundle{"privacy": {Revision: e.Digest.String()}},
		Path:       "privacy/decision",
		Timestamp:  e.Minute.UTC(),
		Custom:     opaCustom{Table: e.Digest.String(), Row: e.Key, Sequence: e.Sequence},
	}
	if event.Labels == nil {
		event.Labels = map[string]string{}
	}
	if e.Tally {
		event.Custom.Count = e.Count
	}
	if o.Describe != nil {
		if input, result, ids, ok := o.Describe(e.Digest, e.Key); ok {
			event.Input, event.Result, event.IDs = input, result, ids
		}
	}
	line, err := json.Marshal(&event)
	if err != nil {
		return dst, fmt.Errorf("describe row %d of table %s: %w", e.Key, e.Digest, err)
	}
	return append(append(dst, line...), '\n'), nil
}

// decisionID is a UUID of version 8 (RFC 9562) made of the table and the sequence.
func decisionID(e *Entry) string {
	hash := sha256.Sum256(binary.BigEndian.AppendUint64(e.Digest[:], e.Sequence))
	id := hash[:16]
	id[6] = id[6]&0x0f | 0x80
	id[8] = id[8]&0x3f | 0x80
	h := hex.EncodeToString(id)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
