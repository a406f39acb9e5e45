;; Calls itself for ever. The engine's stack would grow to 50 MB by doubling, and stay.
(include "turncoat.wat")
(func $evil (call $evil))
