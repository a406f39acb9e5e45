;; The locals are alive across the call, so that no compiler can leave them out.
(include "turncoat.wat")
(func $deep (param $x i64) (result i64) (local $y i64) (local $z i64) (locals 200 i64)
  (repeat 30
    (local.set $y (i64.add (local.get $x) (i64.const 1)))
    (local.set $z (i64.mul (local.get $y) (local.get $x))))
  (i64.add (call $deep (i64.add (local.get $z) (i64.const 1)))
    (i64.add (local.get $x) (i64.add (local.get $y) (local.get $z)))))
(func $evil (drop (call $deep (i64.const 1))))
