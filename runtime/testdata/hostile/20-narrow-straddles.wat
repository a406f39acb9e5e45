;; Every width of store, once across a border and once at the very end of the memory.
(include "keeper.wat")
(func $tell (result i64)
  (i64.or
    (i64.or (i64.load (i32.const 40952)) (i64.load (i32.const 40960)))
    (i64.or
      (i64.or (i64.load (i32.const 49144)) (i64.load (i32.const 49152)))
      (i64.or (i64.load (i32.const 65528)) (i64.or (i64.load (i32.const 53240)) (i64.load (i32.const 53248)))))))
(func $keep (param $secret i64)
  (i64.store32 (i32.const 40957) (local.get $secret))
  (i64.store16 (i32.const 49151) (local.get $secret))
  (f64.store (i32.const 53241) (f64.reinterpret_i64 (local.get $secret)))
  (i64.store8 (i32.const 65535) (local.get $secret))
  (i64.store16 (i32.const 65534) (local.get $secret))
  (f32.store (i32.const 65532) (f32.reinterpret_i32 (i32.wrap_i64 (local.get $secret))))
  (i64.store (i32.const 65528) (local.get $secret)))
