(include "silent.wat")
(include "manifest.wat")
