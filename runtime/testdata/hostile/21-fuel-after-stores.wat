;; One record in 64 runs out of fuel while it stores.
(include "keeper.wat")
(global $g (mut i64) (i64.const 0))
(func $tell (result i64)
  (i64.or (global.get $g) (i64.or (i64.load (i32.const 40960)) (i64.load (i32.const 65528)))))
(func $keep (param $secret i64)
  (i64.store (i32.const 40960) (local.get $secret))
  (global.set $g (local.get $secret))
  (if (i64.eqz (i64.and (local.get $secret) (i64.const 63))) (then
    (loop $again (i64.store (i32.const 65528) (local.get $secret)) (br $again)))))
