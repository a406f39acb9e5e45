(include "silent.wat")
(section 1 (u32 1000000) (repeat 1000000 0x60 0 0))
