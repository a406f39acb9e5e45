;; Every frame holds as many locals as a function may have: a limit that counts calls would let 8 KB for each pass.
(include "turncoat.wat")
(func $evil (locals 1024 i64) (call $evil))
