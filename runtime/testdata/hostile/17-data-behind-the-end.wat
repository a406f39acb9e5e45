(include "silent.wat")
(data (i32.const 65535) "xy")
