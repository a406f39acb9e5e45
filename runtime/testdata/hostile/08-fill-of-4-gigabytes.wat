;; A price of length times something overflows 32 bits and becomes nothing, or negative.
(include "turncoat.wat")
(func $evil
  (memory.fill (i32.const 0) (i32.const 0) (i32.const 0xffff_ffff)))
