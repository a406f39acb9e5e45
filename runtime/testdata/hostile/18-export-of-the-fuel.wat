;; The meter's globals would be the next ones behind the module's own.
(include "silent.wat")
(global (mut i64) (i64.const 5))
(export "fuel" (global 1))
