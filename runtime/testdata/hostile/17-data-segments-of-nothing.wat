(include "silent.wat")
(section 11 (u32 1000000) (repeat 1000000 0 0x41 0 0x0b 0))
