package runtime

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/lotse-edge/lotse/runtime/wasm"
)

// Key names a result: under the same key an evaluation gives the same entries for the same fuel, on every machine, today
// and later. What would change a result without changing one of these is an error of ours.
type Key struct {
	Module       string `json:"module"`       // digest of the module
	Instrumenter int    `json:"instrumenter"` // version of what meters it
	Prices       int    `json:"prices"`       // version of what instructions cost
	Record       string `json:"record"`       // digest of the record
}

// Key gives the name of what the module answers to a record.
func (m *Module) Key(record []byte) Key {
	sum := sha256.Sum256(record)
	return Key{Module: m.digest, Instrumenter: wasm.InstrumenterVersion, Prices: wasm.PriceVersion, Record: hex.EncodeToString(sum[:])}
}
