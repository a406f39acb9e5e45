(include "silent.wat")
(tail (repeat 1000000 0 2 1 "x"))
