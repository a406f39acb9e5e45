;; So does memory.grow, though nothing grows.
(include "turncoat.wat")
(func $evil (loop $again (drop (memory.grow (i32.const 0))) (br $again)))
