;; Looks through everything behind the buffers, and then writes the secret all over it.
(include "keeper.wat")
(func $tell (result i64) (local $at i32) (local $found i64)
  (local.set $at (i32.const 36864))
  (loop $next
    (local.set $found (i64.or (local.get $found) (i64.load (local.get $at))))
    (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 8))) (i32.const 65536))))
  (local.get $found))
(func $keep (param $secret i64) (local $at i32)
  (local.set $at (i32.const 36864))
  (loop $next
    (i64.store (local.get $at) (local.get $secret))
    (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 8))) (i32.const 65536)))))
