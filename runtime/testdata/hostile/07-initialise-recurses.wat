(include "silent.wat")
(func $first (export "_initialize") (call $first))
