(module binary "\00asm" 0x0d 0 1 0)
