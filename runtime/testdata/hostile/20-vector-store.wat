;; v128.store would be a straddle of sixteen bytes.
(include "silent.wat")
(func (i32.const 0) (raw 0xfd 0x0c (repeat 16 0xaa)) (raw 0xfd 0x0b 4 0))
