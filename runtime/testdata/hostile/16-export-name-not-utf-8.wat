(include "silent.wat")
(func (export "\ff\fe"))
