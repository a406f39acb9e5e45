;; Answers with what $tell finds, and then hands the record's secret to $keep: 48 bits, so that a score holds it exactly.
(include "rule.wat")
(func (export "lotse_evaluate") (param $length i32) (result i32)
  (i64.store (i32.const 32768) (i64.const 1))
  (f64.store offset=8 (i32.const 32768)
    (f64.convert_i64_u (i64.and (call $tell) (i64.const 0xffff_ffff_ffff))))
  (call $keep (i64.and (i64.load (i32.const 1032)) (i64.const 0xffff_ffff_ffff)))
  (i32.const 1))
