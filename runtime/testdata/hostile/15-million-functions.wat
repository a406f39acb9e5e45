(include "silent.wat")
(section 3 (u32 1000000) (repeat 1000000 0))
(section 10 (u32 1000000) (repeat 1000000 2 0 0x0b))
