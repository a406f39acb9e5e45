;; A fill that does not fit must write nothing, and what it would have written be clean.
(include "turncoat.wat")
(func $evil (memory.fill (i32.const 40960) (i32.const 1) (i32.const 24577)))
