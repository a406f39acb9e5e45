package runtime

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"

	"github.com/lotse-edge/lotse/runtime/wasm"
	"github.com/lotse-edge/lotse/sdk/abi"
)

// product is what the preparation of a module gives: findings, or what an instance is made of. It crosses from the process
// that prepares to the one that serves, and is kept between two starts, so it is bytes: sizes, then a JSON head, the
// module's binary, and the image's blocks that are not all zero.
type product struct {
	productHead
	Binary []byte // instrumented; no imports, no start function, no data segments
	Image  []byte // the memory after initialisation
}

type productHead struct {
	Findings []Finding `json:"findings,omitempty"`
	Tier     string    `json:"tier"`   // whose limits the module keeps
	Input    uint32    `json:"input"`  // addresses of the buffers
	Output   uint32    `json:"output"` //
	Pages    uint32    `json:"pages"`  // of the memory, always
	Guest    uint32    `json:"guest"`  // of these, that the guest has when a call begins
	Shift    uint      `json:"shift"`  // granule n of the memory is from n<<shift on
	Slack    uint32    `json:"slack"`  // bytes on both sides of a marked granule that may have changed too
	Spent    int64     `json:"spent"`  // fuel of the initialisation
	Memory   int       `json:"memory"` // bytes of the image
}

const (
	productMagic = "LTSP\x01\x00\x00\x00"
	productBlock = 4096
)

var errProduct = errors.New("the product is damaged")

func (p *product) encode() ([]byte, error) {
	p.Memory = len(p.Image)
	head, err := json.Marshal(p.productHead)
	if err != nil {
		return nil, err
	}
	b := append(make([]byte, 0, len(head)+len(p.Binary)+len(p.Image)/2), productMagic...)
	part := func(content []byte) {
		b = append(binary.LittleEndian.AppendUint32(b, uint32(len(content))), content...)
	}
	part(head)
	part(p.Binary)
	return appendBlocks(b, p.Image), nil
}

// appendBlocks writes the blocks of an image that are not all zero, each with its place and its length before it.
func appendBlocks(b, image []byte) []byte {
	var zero [productBlock]byte
	for at := 0; at < len(image); at += productBlock {
		if block := image[at:min(at+productBlock, len(image))]; !bytes.Equal(block, zero[:len(block)]) {
			b = binary.LittleEndian.AppendUint32(b, uint32(at))
			b = append(binary.LittleEndian.AppendUint32(b, uint32(len(block))), block...)
		}
	}
	return b
}

// fillBlocks reads blocks into an image of zeroes. It gives false if they are not blocks of one.
func fillBlocks(image, b []byte) bool {
	for len(b) > 0 {
		if len(b) < 8 {
			return false
		}
		at, n := uint64(binary.LittleEndian.Uint32(b)), uint64(binary.LittleEndian.Uint32(b[4:]))
		if b = b[8:]; n > uint64(len(b)) || at+n > uint64(len(image)) {
			return false
		}
		copy(image[at:], b[:n])
		b = b[n:]
	}
	return true
}

// sound tells whether the numbers agree with each other: the host uses them without a further look.
func (p *productHead) sound() bool {
	if len(p.Findings) > 0 {
		return p.Memory == 0
	}
	size := uint64(p.Memory)
	return p.Pages > 0 && p.Pages <= maxPages && size == uint64(p.Pages)*wasm.PageSize && p.Guest <= p.Pages &&
		p.Shift <= 32 && uint64(64)<<p.Shift >= size && p.Slack <= wasm.PageSize &&
		uint64(p.Input)+abi.MaxRecord <= size && uint64(p.Output)+abi.MaxEntries*abi.EntrySize <= size
}

func decodeProduct(b []byte) (*product, error) {
	rest, ok := bytes.CutPrefix(b, []byte(productMagic))
	if !ok {
		return nil, errProduct
	}
	word := func() (n uint32) {
		if len(rest) < 4 {
			ok = false
			return 0
		}
		n, rest = binary.LittleEndian.Uint32(rest), rest[4:]
		return n
	}
	part := func() (content []byte) {
		n := word()
		if !ok || uint64(n) > uint64(len(rest)) {
			ok = false
			return nil
		}
		content, rest = rest[:n], rest[n:]
		return content
	}
	p := &product{}
	head := part()
	p.Binary = part()
	if !ok || json.Unmarshal(head, &p.productHead) != nil || !p.sound() {
		return nil, errProduct
	}
	p.Image = make([]byte, p.Memory)
	if !fillBlocks(p.Image, rest) {
		return nil, errProduct
	}
	return p, nil
}
