;; ref.func leaves the compiled code for Go: a hundred nanoseconds at the price of one instruction.
(include "silent.wat")
(func (loop $again (drop (ref.func 0)) (br $again)))
