(include "silent.wat")
(func (repeat 20000 (if (i32.const 0) (then))))
