;;! --safety temporal
;; A constant offset outside of a constant size, of a reference.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result (ref eq))))
  (import "linmem" "MemorySegment.setByte" (func $setByte (param (ref eq) i32 i32)))
  (func $wrong (local $s (ref eq))
    (local.set $s (call $allocate (call $new) (i32.const 1)))
    (call $setByte (local.get $s) (i32.const 0) (i32.const 1))
    (call $setByte (local.get $s) (i32.const 1) (i32.const 1))))
