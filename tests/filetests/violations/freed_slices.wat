;;! --safety temporal
;;! representations: i64 anyref
;;! shown: i64
;; A slice, and a slice of a slice, is freed with its segment.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.slice" (func $slice (param {seg} i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))
  (func $part (param $s {seg}) (result {seg})
    (call $slice (call $slice (local.get $s) (i32.const 4) (i32.const 12)) (i32.const 4) (i32.const 8)))
  (func (export "live") (param $o i32) (result i32) (local $r i32) (local $s {seg})
    (local.set $s (call $part (call $allocate (local.tee $r (call $new)) (i32.const 16))))
    (call $getInt (local.get $s) (local.get $o))
    (call $free (local.get $r)))
  (func (export "dead") (param $o i32) (result i32) (local $r i32) (local $s {seg})
    (local.set $s (call $part (call $allocate (local.tee $r (call $new)) (i32.const 16))))
    (call $free (local.get $r))
    (call $getInt (local.get $s) (local.get $o))))

;; run: live(0) == 0
;; run: live(4) == 0
;; violation: OutOfBounds live(5)
;; violation: UseAfterFree dead(0)
;; violation: UseAfterFree dead(4)
;; violation: OutOfBounds dead(5)
