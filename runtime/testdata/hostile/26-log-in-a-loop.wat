;; Writes to the standard output for ever.
(import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
(include "turncoat.wat")
(func $evil
  (i32.store (i32.const 40960) (i32.const 0))
  (i32.store (i32.const 40964) (i32.const 60000))
  (loop $again
    (drop (call $write (i32.const 1) (i32.const 40960) (i32.const 1) (i32.const 50000)))
    (br $again)))
