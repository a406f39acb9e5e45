(import "__lotse" "__lotse_fuel" (func))
(include "silent.wat")
