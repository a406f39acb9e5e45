;; Runs for ever.
(include "turncoat.wat")
(func $evil (loop $again (br $again)))
