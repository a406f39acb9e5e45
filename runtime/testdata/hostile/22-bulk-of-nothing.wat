;; Nothing is written, at the border and at the end, where it is allowed.
(include "turncoat.wat")
(func $evil
  (memory.fill (i32.const 0) (i32.const 1) (i32.const 0))
  (memory.fill (i32.const 65536) (i32.const 1) (i32.const 0))
  (memory.copy (i32.const 65536) (i32.const 65536) (i32.const 0))
  (memory.copy (i32.const 40960) (i32.const 0) (i32.const 0)))
