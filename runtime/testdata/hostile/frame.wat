;; The frame of the programs that 34 makes: runs $main, then answers with a sum over the memory that they write to.
(include "rule.wat")
(func (export "lotse_evaluate") (param $length i32) (result i32) (local $at i32) (local $sum i64)
  (call $main)
  (local.set $at (i32.const 40960))
  (loop $next
    (local.set $sum (i64.xor (i64.mul (local.get $sum) (i64.const 0x9e3779b97f4a7c15)) (i64.load (local.get $at))))
    (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 8))) (i32.const 42000))))
  (i64.store (i32.const 32768) (i64.const 1))
  (f64.store offset=8 (i32.const 32768) (f64.convert_i64_u (i64.shr_u (local.get $sum) (i64.const 32))))
  (i64.store (i32.const 32784) (i64.const 1))
  (f64.store offset=8 (i32.const 32784) (f64.convert_i64_u (i64.and (local.get $sum) (i64.const 0xffff_ffff))))
  (i32.const 2))
