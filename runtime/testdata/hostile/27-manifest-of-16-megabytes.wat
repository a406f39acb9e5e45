(include "bare.wat")
(@custom "lotse.manifest" "{\"abi\":1}" (repeat 16777216 " "))
