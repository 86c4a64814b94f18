;;! --safety temporal
;;! representations: i64 anyref
;; Whether a segment is live is checked again only if a region may have been closed.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param {seg} i32 i32)))
  (import "test" "nop" (func $nop))
  (func $segment (param $r i32) (result {seg}) (call $allocate (local.get $r) (i32.const 16)))
  (func $twice (param $s {seg}) (result i32)
    (call $setInt (local.get $s) (i32.const 0) (i32.const 5))
    (call $getInt (local.get $s) (i32.const 0)))
  (func $called (param $s {seg}) (result i32)
    (call $setInt (local.get $s) (i32.const 0) (i32.const 5))
    (call $nop)
    (call $getInt (local.get $s) (i32.const 0)))
  (func $closed_between (param $s {seg}) (param $r i32) (result i32)
    (call $setInt (local.get $s) (i32.const 0) (i32.const 5))
    (call $free (local.get $r))
    (call $getInt (local.get $s) (i32.const 0)))
  (func $closed_perhaps (param $s {seg}) (param $r i32) (param $way i32) (result i32)
    (call $setInt (local.get $s) (i32.const 0) (i32.const 5))
    (if (local.get $way) (then (call $free (local.get $r))))
    (call $getInt (local.get $s) (i32.const 0)))
  (func (export "twice") (result i32) (call $twice (call $segment (call $new))))
  (func (export "called") (result i32) (call $called (call $segment (call $new))))
  (func (export "between") (result i32) (local $r i32)
    (call $closed_between (call $segment (local.tee $r (call $new))) (local.get $r)))
  (func (export "perhaps") (param $way i32) (result i32) (local $r i32)
    (call $closed_perhaps (call $segment (local.tee $r (call $new))) (local.get $r) (local.get $way))))

;; run: twice() == 5
;; run: called() == 5
;; violation: UseAfterFree between()
;; run: perhaps(0) == 5
;; violation: UseAfterFree perhaps(1)

;; The functions that it calls stay functions.
;;! calls: wrappers
