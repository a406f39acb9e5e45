;; The input behind the record, and the output behind the answer.
(include "keeper.wat")
(func $tell (result i64)
  (i64.or (i64.load (i32.const 17400)) (i64.or (i64.load (i32.const 32784)) (i64.load (i32.const 36856)))))
(func $keep (param $secret i64)
  (i64.store (i32.const 17400) (local.get $secret))
  (i64.store (i32.const 32784) (local.get $secret))
  (i64.store (i32.const 36856) (local.get $secret)))
