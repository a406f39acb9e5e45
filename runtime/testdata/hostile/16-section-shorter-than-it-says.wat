;; The type ends three bytes before its section.
(module binary "\00asm" 1 0 0 0 (section 1 1 0x60 0 0 1 2 3))
