(include "silent.wat")
(func (export "_initialize") (loop $again (br $again)))
