(include "turncoat.wat")
(func $evil (i32.store offset=41000 (i32.const -8) (i32.const 5)))
