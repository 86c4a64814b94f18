;; The default is to check: a slice of a constant size that does not fit, of a slice that does.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemorySegment.slice" (func $slice (param i64 i32 i32) (result i64)))
  (func $wrong (result i64) (local $s i64)
    (local.set $s (call $slice (call $allocate (call $new) (i32.const 16)) (i32.const 8) (i32.const 8)))
    (call $slice (local.get $s) (i32.const 1) (i32.const 8))))
