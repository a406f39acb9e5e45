;; Everything in the immediate, nothing in the address, and the other way round.
(include "keeper.wat")
(func $tell (result i64)
  (i64.or (i64.load (i32.const 65528)) (i64.or (i64.load (i32.const 40960)) (i64.load offset=20480 (i32.const 30720)))))
(func $keep (param $secret i64)
  (i64.store offset=65528 (i32.const 0) (local.get $secret))
  (i64.store (i32.const 40960) (local.get $secret))
  (i64.store offset=20480 (i32.const 30720) (local.get $secret)))
