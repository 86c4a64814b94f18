;; A segment that ends behind the last address.
(module
  (import "linmem" "MemorySegment.ofAddress" (func $ofAddress (param i32 i32) (result i64)))
  (func $right (result i64) (call $ofAddress (i32.const 0xfffffff0) (i32.const 16)))
  (func $wrong (result i64) (call $ofAddress (i32.const 0xfffffff0) (i32.const 17))))
