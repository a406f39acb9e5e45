(include "silent.wat")
(func (repeat 350000 (drop (i32.const 0))))
