;; Stores across every border of 64 granules: the last byte inside, the rest beyond.
(include "keeper.wat")
(func $tell (result i64) (local $at i32) (local $found i64)
  (local.set $at (i32.const 36857))
  (loop $next
    (local.set $found (i64.or (i64.or (local.get $found) (i64.load (local.get $at))) (i64.load offset=7 (local.get $at))))
    (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 512))) (i32.const 65500))))
  (local.get $found))
(func $keep (param $secret i64) (local $at i32)
  (local.set $at (i32.const 36863))
  (loop $next
    (i64.store (local.get $at) (local.get $secret))
    (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 1024))) (i32.const 65500)))))
