(import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
(include "turncoat.wat")
(func $evil
  (drop (call $write (i32.const 1) (i32.const 0) (i32.const 0xffff_ffff) (i32.const 50000))))
