;; Sixteen pages: granules of 16 KiB, and larger ones in case that there are fewer.
(memory (export "memory") 16 16)
(func (export "lotse_input") (result i32) (i32.const 1024))
(func (export "lotse_output") (result i32) (i32.const 32768))
(include "manifest.wat")
(func (export "lotse_evaluate") (param $length i32) (result i32) (local $at i32) (local $found i64)
  (local.set $at (i32.const 49145))
  (loop $next
    (local.set $found (i64.or (i64.or (local.get $found) (i64.load (local.get $at))) (i64.load offset=7 (local.get $at))))
    (i64.store offset=6 (local.get $at) (i64.and (i64.load (i32.const 1032)) (i64.const 0xffff_ffff_ffff)))
    (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 16384))) (i32.const 1048000))))
  (i64.store (i32.const 32768) (i64.const 1))
  (f64.store offset=8 (i32.const 32768) (f64.convert_i64_u (i64.and (local.get $found) (i64.const 0xffff_ffff_ffff))))
  (i32.const 1))
