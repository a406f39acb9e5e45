;; Harmless as long as nothing grows it; the maximum must not be believed.
(include "turncoat.wat")
(table 1 134217728 funcref)
(func $evil (call_indirect (i32.const 1)))
