;;! --safety temporal
;;! representations: i64 anyref
;; The liveness of segments is also checked before a loop, but not if the loop has no iteration.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.getUByte" (func $getUByte (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.slice" (func $slice (param {seg} i32 i32) (result {seg})))
  (func $bottom (param $s {seg}) (param $n i32) (result i32) (local $i i32) (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (call $getUByte (local.get $s) (local.get $i))))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (local.get $sum))
  (func $top (param $s {seg}) (param $n i32) (result i32) (local $i i32) (local $sum i32)
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $i) (local.get $n)))
        (local.set $sum (i32.add (local.get $sum) (call $getUByte (local.get $s) (local.get $i))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $next)))
    (local.get $sum))
  ;; The loop closes the region.
  (func $closed (param $s {seg}) (param $r i32) (param $n i32) (result i32) (local $i i32) (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (call $getUByte (local.get $s) (local.get $i))))
      (if (i32.eq (local.get $i) (i32.const 3)) (then (call $free (local.get $r))))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (local.get $sum))
  (func $live (param $bytes i32) (result {seg}) (call $allocate (call $new) (local.get $bytes)))
  (func $dead (param $bytes i32) (result {seg}) (local $r i32)
    (call $allocate (local.tee $r (call $new)) (local.get $bytes))
    (call $free (local.get $r)))
  (func (export "bottom") (param $n i32) (result i32) (call $bottom (call $live (i32.const 10)) (local.get $n)))
  (func (export "top") (param $n i32) (result i32) (call $top (call $live (i32.const 10)) (local.get $n)))
  (func (export "bottom_dead") (param $n i32) (result i32) (call $bottom (call $dead (i32.const 10)) (local.get $n)))
  (func (export "top_dead") (param $n i32) (result i32) (call $top (call $dead (i32.const 10)) (local.get $n)))
  (func (export "closed") (param $n i32) (result i32) (local $r i32)
    (local.set $r (call $new))
    (call $closed (call $allocate (local.get $r) (i32.const 10)) (local.get $r) (local.get $n))))

;; run: bottom(10) == 0
;; violation: OutOfBounds bottom(11)
;; violation: UseAfterFree bottom_dead(10)
;; violation: UseAfterFree bottom_dead(11)
;; run: top(10) == 0
;; run: top_dead(0) == 0
;; violation: UseAfterFree top_dead(1)
;; violation: UseAfterFree top_dead(11)
;; run: closed(4) == 0
;; violation: UseAfterFree closed(5)

;;! shown: i64
