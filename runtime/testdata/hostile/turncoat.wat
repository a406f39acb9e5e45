;; Answers 7 points; when the record begins with 1, calls $evil first.
(include "rule.wat")
(func (export "lotse_evaluate") (param $length i32) (result i32)
  (if (i32.eq (i32.load8_u (i32.const 1024)) (i32.const 1)) (then (call $evil)))
  (i64.store (i32.const 32768) (i64.const 1))
  (f64.store offset=8 (i32.const 32768) (f64.const 7))
  (i32.const 1))
