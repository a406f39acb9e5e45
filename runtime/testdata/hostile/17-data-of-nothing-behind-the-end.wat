;; Zero bytes just at the end are allowed; one further, they are not.
(include "silent.wat")
(data (i32.const 65536) "")
(data (i32.const 65537) "")
