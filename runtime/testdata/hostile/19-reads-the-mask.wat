(include "silent.wat")
(func (drop (global.get 1)))
