;; 2^31 and 2^31 are 0 in 32 bits.
(include "turncoat.wat")
(func $evil (i32.store offset=0x8000_0000 (i32.const 0x8000_0000) (i32.const 5)))
