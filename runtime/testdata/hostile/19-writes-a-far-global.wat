(include "silent.wat")
(func (global.set 0xffff_ffff (i64.const 0)))
