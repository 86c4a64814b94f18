;;! representations: i64 anyref
;; In signed comparisons, a negative index is far outside, and a negative bound ends the loop.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.getUByte" (func $getUByte (param {seg} i32) (result i32)))
  (func $segment (param $bytes i32) (result {seg}) (call $allocate (call $new) (local.get $bytes)))
  (func $bottom (param $s {seg}) (param $i i32) (param $n i32) (result i32) (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (call $getUByte (local.get $s) (local.get $i))))
      (br_if $next (i32.lt_s (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (local.get $i))
  (func $top (param $s {seg}) (param $i i32) (param $n i32) (result i32) (local $sum i32)
    (block $done
      (loop $next
        (br_if $done (i32.ge_s (local.get $i) (local.get $n)))
        (local.set $sum (i32.add (local.get $sum) (call $getUByte (local.get $s) (local.get $i))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $next)))
    (local.get $i))
  (func (export "bottom") (param $bytes i32) (param $i i32) (param $n i32) (result i32)
    (call $bottom (call $segment (local.get $bytes)) (local.get $i) (local.get $n)))
  (func (export "top") (param $bytes i32) (param $i i32) (param $n i32) (result i32)
    (call $top (call $segment (local.get $bytes)) (local.get $i) (local.get $n))))

;; run: bottom(10, 0, 10) == 10
;; run: bottom(10, 3, -1) == 4
;; run: bottom(10, 0, 0x80000000) == 1
;; violation: OutOfBounds bottom(10, 0, 11)
;; violation: OutOfBounds bottom(10, -1, 10)
;; violation: OutOfBounds bottom(10, 0, 0x7fffffff)
;; run: top(10, 0, 10) == 10
;; run: top(10, 0, -1) == 0
;; run: top(0, 5, 0x80000000) == 5
;; violation: OutOfBounds top(10, -1, 10)
;; violation: OutOfBounds top(10, 0x80000000, 10)
;; violation: OutOfBounds top(10, 9, 11)

;;! shown: i64
