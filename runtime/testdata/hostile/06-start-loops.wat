;; A start function runs inside the engine's instantiation, before any limit is set.
(include "silent.wat")
(func $first (loop $again (br $again)))
(start $first)
