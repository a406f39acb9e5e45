;; What the host refuses has run to its end: nothing trapped.
(include "rule.wat")
(func (export "lotse_evaluate") (param $length i32) (result i32) (local $secret i64)
  (local.set $secret (i64.and (i64.load (i32.const 1032)) (i64.const 0xffff_ffff_ffff)))
  (i64.store (i32.const 32768) (i64.const 1))
  (f64.store offset=8 (i32.const 32768) (f64.convert_i64_u (i64.load (i32.const 40960))))
  (i64.store (i32.const 40960) (local.get $secret))
  (select (i32.const -1) (i32.const 1) (i64.eqz (i64.and (local.get $secret) (i64.const 3)))))
