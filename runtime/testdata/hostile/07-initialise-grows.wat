;; Grows by three pages and leaves a mark in the last one. Every call must begin with four pages and the mark.
(include "keeper.wat")
(func (export "_initialize")
  (drop (memory.grow (i32.const 3)))
  (i64.store (i32.const 262136) (i64.const 1000)))
(func $tell (result i64)
  (i64.add (i64.load (i32.const 262136)) (i64.extend_i32_u (memory.size))))
(func $keep (param $secret i64)
  (i64.store (i32.const 262136) (local.get $secret)))
