(include "turncoat.wat")
(func $evil (call $other))
(func $other (call $evil))
