(include "turncoat.wat")
(func $evil (i32.store8 offset=65535 (i32.const 1) (i32.const 5)))
