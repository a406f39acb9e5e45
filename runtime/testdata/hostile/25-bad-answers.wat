;; Answers with the number of entries that the record holds at byte 16, and with its bytes from 24 on as the first entry.
(include "rule.wat")
(func (export "lotse_evaluate") (param $length i32) (result i32)
  (memory.copy (i32.const 32768) (i32.const 1048) (i32.const 16))
  (i32.load (i32.const 1040)))
