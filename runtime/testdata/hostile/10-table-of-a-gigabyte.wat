;; 2^27 entries of eight bytes, in a module of three hundred bytes.
(include "silent.wat")
(table 134217728 funcref)
