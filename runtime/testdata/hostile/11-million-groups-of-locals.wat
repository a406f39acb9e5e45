(include "silent.wat")
(section 10 4
  (sized 0 0x41 (u32 1024 3) 0x0b) (sized 0 0x41 (u32 32768 4) 0x0b) (sized 0 0x41 0 0x0b)
  (sized (u32 1000000) (repeat 1000000 0 0x7f) 0x0b))
(func)
