;; Link errors are reported together with findings about regions.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemoryAllocator.allocateAligned" (func $aligned (param i32 i32 i32) (result i64)))
  (func $f (local $r i32)
    (local.set $r (call $new))
    (drop (call $aligned (local.get $r) (i32.const 4) (i32.const 3)))
    (call $free (local.get $r))
    (call $free (local.get $r))))
