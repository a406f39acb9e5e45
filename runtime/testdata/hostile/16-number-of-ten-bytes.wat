(module binary "\00asm" 1 0 0 0 1 (u32 4 10) 1 0x60 0 0)
