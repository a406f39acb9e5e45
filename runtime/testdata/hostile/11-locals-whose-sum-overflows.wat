;; Each group is large, and their sum is small in 32 bits.
(include "silent.wat")
(func (locals 0x8000_0000 i32) (locals 0x8000_0000 i32))
