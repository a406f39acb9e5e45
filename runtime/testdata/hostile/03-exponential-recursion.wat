;; Two to the sixtieth calls: no loop, and never deeper than sixty frames, so that no stack overflows.
(include "turncoat.wat")
(func $tree (param $depth i32)
  (if (local.get $depth) (then
    (call $tree (i32.sub (local.get $depth) (i32.const 1)))
    (call $tree (i32.sub (local.get $depth) (i32.const 1))))))
(func $evil (call $tree (i32.const 60)))
