;; The function behind the module's last.
(include "silent.wat")
(func (call 4))
