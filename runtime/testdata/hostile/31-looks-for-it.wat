;; Version B: as large, and empty. Answers with whatever there is in its memory, looked at once in every 96 bytes.
(memory (export "memory") 16 16)
(func (export "lotse_input") (result i32) (i32.const 1024))
(func (export "lotse_output") (result i32) (i32.const 32768))
(include "manifest.wat")
(func (export "lotse_evaluate") (param $length i32) (result i32) (local $at i32) (local $found i64)
  (local.set $at (i32.const 36864))
  (loop $next
    (local.set $found (i64.or (local.get $found) (i64.load (local.get $at))))
    (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 96))) (i32.const 1048568))))
  (i64.store (i32.const 32768) (i64.const 1))
  (f64.store offset=8 (i32.const 32768) (f64.convert_i64_u (local.get $found)))
  (i32.const 1))
