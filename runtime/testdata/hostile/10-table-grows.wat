;; The limit on memory does not cover tables.
(include "silent.wat")
(table 1 funcref)
(func (drop (table.grow (ref.null func) (i32.const 0xffff_fffe))))
