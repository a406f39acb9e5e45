;; No call names its callee.
(include "turncoat.wat")
(type $nothing (func))
(table 1 funcref)
(elem (i32.const 0) $evil)
(func $evil (call_indirect (type $nothing) (i32.const 0)))
