(import "__lotse" "fuel" (global (mut i64)))
(include "silent.wat")
