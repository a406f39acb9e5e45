(module binary "\00asm" 1 0 0 0 (section 3 0) (section 1 0))
