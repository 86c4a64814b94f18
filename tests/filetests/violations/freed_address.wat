;;! --safety temporal
;;! representations: i32
;; A segment that is an address has no size: neither its bounds nor its liveness are checked, only the use of regions.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param {seg} i32 i32)))
  (func (export "dead") (param $o i32) (result i32) (local $r i32) (local $s {seg})
    (local.set $s (call $allocate (local.tee $r (call $new)) (i32.const 16)))
    (call $setInt (local.get $s) (local.get $o) (i32.const 5))
    (call $free (local.get $r))
    (call $getInt (local.get $s) (local.get $o)))
  (func (export "closed") (result i32) (local $r i32)
    (call $free (local.tee $r (call $new)))
    (call $getInt (call $allocate (block (result i32) (call $used (local.get $r))) (i32.const 16)) (i32.const 0)))
  (func $used (param $r i32) (result i32) (local.get $r)))

;; run: dead(12) == 5
;; run: dead(16) == 5
;; violation: UseAfterFree closed()
