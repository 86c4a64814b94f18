;;! --safety temporal
;;! representations: anyref
;; Memory that was allocated again: the use of a stale segment is detected by its region.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))
  (func (export "again") (param $bytes i32) (param $o i32) (result i32) (local $r i32) (local $s {seg})
    (local.set $s (call $allocate (local.tee $r (call $new)) (i32.const 16)))
    (call $free (local.get $r))
    (call $setInt (call $allocate (local.tee $r (call $new)) (local.get $bytes)) (i32.const 0) (i32.const 6))
    (call $getInt (local.get $s) (local.get $o)))
  (func (export "other") (param $o i32) (result i32) (local $r i32) (local $s {seg})
    (call $free (call $new))
    (local.set $s (call $allocate (local.tee $r (call $new)) (i32.const 16)))
    (call $setInt (local.get $s) (local.get $o) (i32.const 6))
    (call $getInt (local.get $s) (local.get $o))
    (call $free (local.get $r))))

;; violation: UseAfterFree again(16, 0)
;; violation: UseAfterFree again(16, 12)
;; run: other(12) == 6
