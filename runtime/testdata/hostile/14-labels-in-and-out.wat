;; One br_table jumps back to an inner loop, back to an outer one, forward to two blocks, and out. The record seeds the
;; way; the answer is the number of steps and a sum over the way, so that a meter which misplaces a label shows.
(include "rule.wat")
(func (export "lotse_evaluate") (param $length i32) (result i32) (local $step i32) (local $sum i32)
  (local.set $sum (i32.load (i32.const 1024)))
  (block $out
    (loop $outer
      (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 1103515245)) (i32.const 12345)))
      (block $far
        (block $near
          (loop $inner
            (local.set $step (i32.add (local.get $step) (i32.const 1)))
            (local.set $sum (i32.xor (i32.rotl (local.get $sum) (i32.const 5)) (local.get $step)))
            (br_if $out (i32.gt_u (local.get $step) (i32.const 200)))
            (br_table $inner $near $outer $far $inner $out $near $outer
              (i32.and (i32.shr_u (local.get $sum) (i32.const 7)) (i32.const 31)))))
        (local.set $sum (i32.add (local.get $sum) (i32.const 11)))
        (br_if $outer (i32.and (local.get $sum) (i32.const 1))))
      (local.set $sum (i32.sub (local.get $sum) (i32.const 7)))
      (br_if $outer (i32.and (local.get $sum) (i32.const 6)))))
  (i64.store (i32.const 32768) (i64.const 1))
  (f64.store offset=8 (i32.const 32768) (f64.convert_i32_u (local.get $step)))
  (i64.store (i32.const 32784) (i64.const 1))
  (f64.store offset=8 (i32.const 32784) (f64.convert_i32_u (local.get $sum)))
  (i32.const 2))
