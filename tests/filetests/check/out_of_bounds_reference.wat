;;! --safety none
;; The same for segments that are references.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result anyref)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param anyref i32) (result i32)))
  (import "linmem" "MemorySegment.slice" (func $slice (param anyref i32 i32) (result anyref)))
  (func $read (result i32) (local $r i32) (local $s anyref)
    (local.set $r (call $new))
    (local.set $s (call $allocate (local.get $r) (i32.const 16)))
    (call $getInt (local.get $s) (i32.const 13))
    (call $free (local.get $r)))
  (func $sliced (result i32) (local $r i32) (local $s anyref)
    (local.set $r (call $new))
    (local.set $s (call $allocate (local.get $r) (i32.const 16)))
    (call $getInt (call $slice (local.get $s) (i32.const 8) (i32.const 8)) (i32.const 5))
    (call $free (local.get $r))))
