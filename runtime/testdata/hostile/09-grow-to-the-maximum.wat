;; Grows to the maximum, then by four billion pages, and writes into what it got. Half of the records do, so that the
;; others can see it.
(include "keeper.wat")
(func $tell (result i64) (i64.extend_i32_u (memory.size)))
(func $keep (param $secret i64)
  (if (i32.wrap_i64 (i64.and (local.get $secret) (i64.const 1))) (then (return)))
  (if (i32.ne (memory.grow (i32.const 15)) (i32.const -1)) (then
    (i64.store (i32.const 1048568) (local.get $secret))))
  (if (i32.ne (memory.grow (i32.const 0xffff_ffff)) (i32.const -1)) (then unreachable)))
