;; No single table is large.
(include "silent.wat")
(func (repeat 60 block (br_table (repeat 1000 0) (i32.const 0)) end))
