;; A line of four gigabytes, a thousand times.
(import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
(include "turncoat.wat")
(func $evil (local $left i32)
  (i32.store (i32.const 40960) (i32.const 0))
  (i32.store (i32.const 40964) (i32.const 0xffff_ffff))
  (local.set $left (i32.const 1000))
  (loop $again
    (drop (call $write (i32.const 1) (i32.const 40960) (i32.const 1) (i32.const 50000)))
    (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1))))))
