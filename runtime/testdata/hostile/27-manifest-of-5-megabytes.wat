;; Small enough for a module of the Go tier.
(include "bare.wat")
(@custom "lotse.manifest" "{\"abi\":1}" (repeat 5000000 " "))
