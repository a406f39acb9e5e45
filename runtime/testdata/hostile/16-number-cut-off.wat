(module binary "\00asm" 1 0 0 0 1 0x80 0x80)
