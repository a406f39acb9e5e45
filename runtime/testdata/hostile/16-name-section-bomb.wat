;; The engine's reader believes the counts in a name section. Nothing of it may get there: the module is admitted.
(include "turncoat.wat")
(func $evil unreachable)
(@custom "name" 1 (sized (u32 0xffff_ffff)))
(@custom "name" 2 (sized (u32 0xffff_ffff)))
