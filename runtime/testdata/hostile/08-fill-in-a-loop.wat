;; One instruction, 64 KiB of work.
(include "turncoat.wat")
(func $evil
  (loop $again
    (memory.fill (i32.const 0) (i32.const 0) (i32.const 65536))
    (br $again)))
