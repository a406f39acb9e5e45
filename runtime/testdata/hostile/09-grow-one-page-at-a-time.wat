;; A visitor's bit in the size of the memory: half of the records grow it.
(include "keeper.wat")
(func $tell (result i64) (i64.extend_i32_u (memory.size)))
(func $keep (param $secret i64)
  (if (i64.eqz (i64.and (local.get $secret) (i64.const 1))) (then
    (repeat 15 (drop (memory.grow (i32.const 1)))))))
