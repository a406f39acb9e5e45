(include "silent.wat")
(func (repeat 50000 block) (repeat 50000 end))
