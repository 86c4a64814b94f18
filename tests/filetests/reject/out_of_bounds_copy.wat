;; A copy from a segment that is too small, to one that is not.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemorySegment.copy" (func $copy (param i64 i32 i64 i32 i32)))
  (func $wrong (local $r i32)
    (local.set $r (call $new))
    (call $copy
      (call $allocate (local.get $r) (i32.const 16)) (i32.const 0)
      (call $allocate (local.get $r) (i32.const 8)) (i32.const 1)
      (i32.const 8))))
