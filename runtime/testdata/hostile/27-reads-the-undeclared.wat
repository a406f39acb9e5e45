;; Declares one feature, and reads where further ones would be: behind the record. Longer records were there before.
(include "rule.wat")
(func (export "lotse_evaluate") (param $length i32) (result i32)
  (i64.store (i32.const 32768) (i64.const 1))
  (f64.store offset=8 (i32.const 32768)
    (f64.convert_i64_u (i64.and (i64.load offset=1024 (local.get $length)) (i64.const 0xffff_ffff_ffff))))
  (i32.const 1))
