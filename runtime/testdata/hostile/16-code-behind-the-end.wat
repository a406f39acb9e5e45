(include "silent.wat")
(func end nop)
