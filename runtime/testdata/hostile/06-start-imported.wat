;; The start function is somebody else's.
(import "env" "first" (func $first))
(include "silent.wat")
(start $first)
