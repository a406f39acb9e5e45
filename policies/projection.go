package policies

// partMask is a set of parts, by number.
type partMask uint16

const allParts partMask = 1<<partCount - 1

func (m partMask) has(part int) bool { return m&(1<<part) != 0 }

// names lists the keys of a mask's parts.
func (m partMask) names() []string {
	var out []string
	for i := range parts {
		if m.has(i) {
			out = append(out, parts[i].key)
		}
	}
	return out
}

// projection maps all situations onto what a mask of parts can tell apart: questions, numbered densely from 0. Situations with
// one number look the same to whoever reads those parts only. Since the digits of a key are free of each other, a question's
// number is a sum with one summand for each digit.
type projection struct {
	mask    partMask
	count   uint32               // of questions
	sample  []uint32             // a situation's key for each question: the first
	purpose [PurposeCount]uint32 // the sum of the digits that make up the kind of purpose
	visitor [VisitorCount]uint32 // the sum of the others
}

func newProjection(mask partMask) *projection {
	p := &projection{mask: mask, count: 1, sample: []uint32{0}}
	weight := uint32(1)               // of the digit in the key
	var summands [digitCount][]uint32 // by the digit's value
	for i := digitCount - 1; i >= 0; i-- {
		d := &digits[i]
		summands[i] = make([]uint32, len(d.values))
		seen := map[[2]uint8]uint32{}
		var firsts []uint32 // the first value of the digit for each class of values that look alike
		for v, values := range d.values {
			for j, part := range d.parts {
				if !mask.has(part) {
					values[j] = 0
				}
			}
			class, ok := seen[values]
			if !ok {
				class = uint32(len(firsts))
				seen[values] = class
				firsts = append(firsts, uint32(v))
			}
			summands[i][v] = class * p.count
		}
		wider := make([]uint32, 0, len(firsts)*len(p.sample))
		for _, first := range firsts {
			for _, key := range p.sample {
				wider = append(wider, first*weight+key)
			}
		}
		p.sample = wider
		p.count *= uint32(len(firsts))
		weight *= uint32(len(d.values))
	}
	sum := func(key uint32) (sum uint32) { // the first class of each digit adds nothing
		for i, v := range digitsOf(key) {
			sum += summands[i][v]
		}
		return sum
	}
	for i := range p.purpose {
		p.purpose[i] = sum(uint32(i) * VisitorCount)
	}
	for i := range p.visitor {
		p.visitor[i] = sum(uint32(i))
	}
	return p
}

// of gives the number of the question that a situation asks.
func (p *projection) of(key uint32) uint32 {
	return p.purpose[key/VisitorCount] + p.visitor[key%VisitorCount]
}
