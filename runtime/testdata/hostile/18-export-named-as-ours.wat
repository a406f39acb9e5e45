(include "silent.wat")
(func (export "__lotse_g0"))
