;; The last one counts, as the specification has it.
(include "keeper.wat")
(data (i32.const 40960) "\ff\ff\ff\ff")
(data (i32.const 40962) "\00\00\00\00\00\00")
(data (i32.const 40960) "\07\00")
(func $tell (result i64) (i64.load (i32.const 40960)))
(func $keep (param $secret i64) (i64.store (i32.const 40960) (local.get $secret)))
