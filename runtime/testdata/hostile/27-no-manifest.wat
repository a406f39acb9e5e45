(include "bare.wat")
