;; An address does not carry the size of its segment: there are no findings.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i32)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param i32 i32) (result i32)))
  (func $read (result i32) (local $r i32)
    (local.set $r (call $new))
    (call $getInt (call $allocate (local.get $r) (i32.const 16)) (i32.const 13))
    (call $free (local.get $r))))
