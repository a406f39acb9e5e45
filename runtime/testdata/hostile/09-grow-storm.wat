;; Each growth would copy the whole memory.
(include "turncoat.wat")
(func $evil (loop $again (drop (memory.grow (i32.const 1))) (br $again)))
