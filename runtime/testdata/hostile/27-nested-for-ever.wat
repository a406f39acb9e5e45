;; JSON cannot refer to itself; the nearest to a cycle is a schema within a schema within a schema.
(include "bare.wat")
(@custom "lotse.manifest" "{\"abi\":1,\"reads\":" (repeat 4000 "[{\"a\":") "1" (repeat 4000 "}]") "}")
