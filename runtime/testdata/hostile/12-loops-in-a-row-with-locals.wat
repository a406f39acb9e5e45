;; The same, not nested.
(include "silent.wat")
(func (locals 400 i64)
  (repeat 400 loop (local.set 0 (local.get 1)) end))
