(include "silent.wat")
(func (raw 0x42 (repeat 10 0x80) 0) drop)
