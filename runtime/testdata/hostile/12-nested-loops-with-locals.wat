;; 6 KB that compile for 95 seconds: every loop header carries every local.
(include "silent.wat")
(func (locals 400 i64)
  (repeat 400 loop)
  (drop (local.get 0))
  (repeat 400 end))
