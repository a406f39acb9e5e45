;; A slash in two bytes, which a careless reader takes for a slash.
(include "silent.wat")
(func (export "\c0\af"))
