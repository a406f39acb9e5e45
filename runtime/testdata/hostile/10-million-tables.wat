(include "silent.wat")
(section 4 (u32 1000000) (repeat 1000000 0x70 0 1))
