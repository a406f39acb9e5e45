(include "silent.wat")
(func (export "_initialize") unreachable)
