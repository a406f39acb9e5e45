;; Five bytes of a number, and the compiler makes a slice of four billion.
(include "silent.wat")
(func (locals 0xffff_ffff i64))
