;;! --safety spatial
;; A constant offset outside of a constant size.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param i64 i32) (result i32)))
  (func $right (result i32) (call $getInt (call $allocate (call $new) (i32.const 16)) (i32.const 12)))
  (func $wrong (result i32)
    (call $getInt (call $allocate (call $new) (i32.const 16)) (i32.const 13))))
