;; In 32 bits the address would be small, and the mark would be set for a granule that is not the one written to. In 33
;; bits it is outside the memory.
(include "turncoat.wat")
(func $evil (i64.store offset=0xffff_fff8 (i32.const 41000) (i64.const 5)))
