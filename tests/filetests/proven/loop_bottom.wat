;;! representations: i64 anyref
;; A loop that compares at its end: its accesses are checked before it.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.setByte" (func $setByte (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.getUByte" (func $getUByte (param {seg} i32) (result i32)))
  (func $segment (param $bytes i32) (result {seg}) (call $allocate (call $new) (local.get $bytes)))
  (func $sum (param $s {seg}) (param $i i32) (param $n i32) (result i32) (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (call $getUByte (local.get $s) (local.get $i))))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (local.get $sum))
  (func $fill (param $s {seg}) (param $n i32) (local $i i32)
    (loop $next
      (call $setByte (local.get $s) (local.get $i) (local.get $i))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (local.get $n)))))
  (func (export "sum") (param $bytes i32) (param $i i32) (param $n i32) (result i32) (local $s {seg})
    (local.set $s (call $segment (local.get $bytes)))
    (call $fill (local.get $s) (local.get $bytes))
    (call $sum (local.get $s) (local.get $i) (local.get $n)))
  (func (export "fill") (param $bytes i32) (param $n i32)
    (call $fill (call $segment (local.get $bytes)) (local.get $n))))

;; run: sum(10, 0, 10) == 45
;; run: sum(10, 5, 10) == 35
;; violation: OutOfBounds sum(10, 0, 11)
;; violation: OutOfBounds sum(10, 5, 0xffffffff)
;; One iteration runs, whatever the bound is.
;; run: sum(10, 9, 0) == 9
;; violation: OutOfBounds sum(10, 10, 0)
;; violation: OutOfBounds sum(10, 0xffffffff, 0)
;; violation: OutOfBounds sum(10, 0xffffffff, 10)
;; run: fill(1, 0) == ()
;; run: fill(1, 1) == ()
;; violation: OutOfBounds fill(1, 2)
;; violation: OutOfBounds fill(0, 0)

;;! shown: i64
