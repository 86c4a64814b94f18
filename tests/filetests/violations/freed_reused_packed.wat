;;! --safety temporal
;; Memory that was allocated again is not free, so that a stale packed segment is not detected. A reference is.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param i64 i32 i32)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param i64 i32) (result i32)))
  (func (export "again") (param $bytes i32) (param $o i32) (result i32) (local $r i32) (local $s i64)
    (local.set $s (call $allocate (local.tee $r (call $new)) (i32.const 16)))
    (call $free (local.get $r))
    (call $setInt (call $allocate (local.tee $r (call $new)) (local.get $bytes)) (i32.const 0) (i32.const 6))
    (call $getInt (local.get $s) (local.get $o))
    (call $free (local.get $r))))

;; run: again(16, 0) == 6
;; run: again(16, 12) == 0
;; run: again(4, 4) == 0
;; violation: UseAfterFree again(4, 5)
;; violation: UseAfterFree again(8, 8)
