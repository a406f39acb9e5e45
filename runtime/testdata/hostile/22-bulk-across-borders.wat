;; fill and copy over one border, over many, and to the last byte.
(include "keeper.wat")
(func $tell (result i64) (local $at i32) (local $found i64)
  (local.set $at (i32.const 36864))
  (loop $next
    (local.set $found (i64.or (local.get $found) (i64.load (local.get $at))))
    (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 8))) (i32.const 65536))))
  (local.get $found))
(func $keep (param $secret i64)
  (memory.fill (i32.const 36900) (i32.wrap_i64 (local.get $secret)) (i32.const 3000))
  (memory.fill (i32.const 40959) (i32.wrap_i64 (local.get $secret)) (i32.const 2))
  (memory.copy (i32.const 50000) (i32.const 1024) (i32.const 15536))
  (memory.copy (i32.const 65535) (i32.const 1032) (i32.const 1)))
