;;! --safety none
;; Without checks, nothing is checked.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param i64 i32) (result i32)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (func (export "wrong") (result i32) (local $r i32)
    (local.set $r (call $new))
    (call $getInt (call $allocate (local.get $r) (i32.const 4)) (i32.const 1))
    (call $free (local.get $r))
    (call $free (local.get $r))))

;; run: wrong() == 0
