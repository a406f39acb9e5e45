;; A section's size in six bytes, where five are the most.
(module binary "\00asm" 1 0 0 0 1 (u32 4 6) 1 0x60 0 0)
