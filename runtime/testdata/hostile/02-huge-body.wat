;; A loop that looks small to a meter that counts its turns: five thousand stores, one way back.
(include "turncoat.wat")
(func $evil
  (loop $again
    (repeat 5000 (i32.store (i32.const 40960) (i32.const 1)))
    (br $again)))
