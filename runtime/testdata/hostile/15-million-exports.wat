(include "silent.wat")
(section 7 (u32 1000000) (repeat 1000000 1 "x" 0 0))
