(module binary "\00asm" 1 0 0 0 (repeat 2 (section 1 1 0x60 0 0)))
