(module binary "\00ASM" 1 0 0 0)
