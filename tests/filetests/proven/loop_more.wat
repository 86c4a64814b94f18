;;! --safety temporal
;;! representations: i64 anyref
;; Loops with constant offsets, over frames, over slices, and followed by a second loop.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.setByte" (func $setByte (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.getByte" (func $getByte (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.slice" (func $slice (param {seg} i32 i32) (result {seg})))
  (func $accumulates (param $s {seg}) (param $n i32) (result i32) (local $i i32)
    (loop $next
      (call $setInt (local.get $s) (i32.const 4) (i32.add (call $getInt (local.get $s) (i32.const 4)) (local.get $i)))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (call $getInt (local.get $s) (i32.const 4)))
  (func $twice (param $s {seg}) (param $n i32) (param $m i32) (result i32) (local $i i32) (local $sum i32)
    (loop $next
      (call $setByte (local.get $s) (local.get $i) (i32.const 1))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (local.set $i (i32.const 0))
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (call $getByte (local.get $s) (local.get $i))))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $m))))
    (local.get $sum))
  (func (export "accumulates") (param $bytes i32) (param $n i32) (result i32)
    (call $accumulates (call $allocate (call $new) (local.get $bytes)) (local.get $n)))
  (func (export "twice") (param $bytes i32) (param $n i32) (param $m i32) (result i32)
    (call $twice (call $allocate (call $new) (local.get $bytes)) (local.get $n) (local.get $m)))
  (func (export "frame") (param $n i32) (result i32) (local $r i32) (local $s {seg}) (local $t {seg}) (local $i i32)
    (local.set $r (call $new))
    (local.set $s (call $allocate (local.get $r) (i32.const 16)))
    (local.set $t (call $slice (local.get $s) (i32.const 4) (i32.const 8)))
    (loop $next
      (call $setByte (local.get $t) (local.get $i) (i32.const 1))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (call $getInt (local.get $s) (i32.const 8))
    (call $free (local.get $r)))
  (func (export "fixed") (result i32) (local $r i32) (local $s {seg}) (local $i i32)
    (local.set $r (call $new))
    (local.set $s (call $allocate (local.get $r) (i32.const 16)))
    (loop $next
      (call $setInt (local.get $s) (local.get $i) (local.get $i))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 4))) (i32.const 16))))
    (call $getInt (local.get $s) (i32.const 12))
    (call $free (local.get $r)))
  (func (export "closed") (param $n i32) (result i32) (local $r i32) (local $s {seg}) (local $i i32)
    (local.set $r (call $new))
    (local.set $s (call $allocate (local.get $r) (i32.const 16)))
    (call $free (local.get $r))
    (loop $next
      (call $setByte (local.get $s) (local.get $i) (i32.const 1))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (local.get $i)))

;; run: accumulates(8, 5) == 10
;; violation: OutOfBounds accumulates(7, 5)
;; violation: OutOfBounds accumulates(7, 0)
;; run: twice(8, 8, 8) == 8
;; run: twice(8, 8, 4) == 4
;; violation: OutOfBounds twice(8, 8, 9)
;; violation: OutOfBounds twice(8, 9, 8)
;; run: frame(8) == 0x01010101
;; violation: OutOfBounds frame(9)
;; run: fixed() == 12
;; violation: UseAfterFree closed(1)
;; violation: UseAfterFree closed(16)
;; violation: UseAfterFree closed(17)

;;! shown: i64
