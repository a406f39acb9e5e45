;; Below the limit on a function's bytes.
(include "silent.wat")
(func (repeat 15000 block) (repeat 15000 end))
