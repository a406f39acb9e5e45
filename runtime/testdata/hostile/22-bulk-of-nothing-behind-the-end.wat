(include "turncoat.wat")
(func $evil (memory.fill (i32.const 65537) (i32.const 1) (i32.const 0)))
