;; The frame of a rule module: one page of memory that may grow to sixteen, the buffers, the manifest.
(memory (export "memory") 1 16)
(func (export "lotse_input") (result i32) (i32.const 1024))
(func (export "lotse_output") (result i32) (i32.const 32768))
(include "manifest.wat")
