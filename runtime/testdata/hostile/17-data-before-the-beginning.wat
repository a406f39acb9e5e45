;; -1 is four billion, and four billion and one byte wraps to the beginning.
(include "silent.wat")
(data (i32.const -1) "x")
