(include "turncoat.wat")
(func $evil
  (memory.copy (i32.const 1) (i32.const 0) (i32.const 0xffff_ffff)))
