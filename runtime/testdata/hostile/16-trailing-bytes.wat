(include "silent.wat")
(tail (repeat 100 0xff))
