package consent

// Signals is what a browser says by itself.
type Signals struct {
	GPC bool // Global Privacy Control
}

// ParseGPC reads the header Sec-GPC. The specification knows one value, "1"; anything else is as if the header were
// absent, because a guess here would be a guess about a visitor's wish.
func ParseGPC(header string) bool { return header == "1" }
