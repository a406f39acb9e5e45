;; One record in four fails after it has stored.
(include "keeper.wat")
(global $g (mut i64) (i64.const 0))
(func $tell (result i64)
  (i64.or (global.get $g) (i64.or (i64.load (i32.const 40960)) (i64.load (i32.const 65528)))))
(func $keep (param $secret i64)
  (i64.store (i32.const 40960) (local.get $secret))
  (global.set $g (local.get $secret))
  (if (i64.eqz (i64.and (local.get $secret) (i64.const 3))) (then
    (drop (i64.load (i32.const 65529)))))
  (i64.store (i32.const 65528) (local.get $secret)))
