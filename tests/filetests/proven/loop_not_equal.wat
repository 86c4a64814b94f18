;;! representations: i64 anyref
;; A loop that ends when its index equals its bound, which may be below the start.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.getUByte" (func $getUByte (param {seg} i32) (result i32)))
  (func $segment (param $bytes i32) (result {seg}) (call $allocate (call $new) (local.get $bytes)))
  (func $bottom (param $s {seg}) (param $i i32) (param $n i32) (result i32) (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (call $getUByte (local.get $s) (local.get $i))))
      (br_if $next (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (local.get $i))
  (func $top (param $s {seg}) (param $i i32) (param $n i32) (result i32) (local $sum i32)
    (block $done
      (loop $next
        (br_if $done (i32.eq (local.get $i) (local.get $n)))
        (local.set $sum (i32.add (local.get $sum) (call $getUByte (local.get $s) (local.get $i))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $next)))
    (local.get $i))
  (func (export "bottom") (param $bytes i32) (param $i i32) (param $n i32) (result i32)
    (call $bottom (call $segment (local.get $bytes)) (local.get $i) (local.get $n)))
  (func (export "top") (param $bytes i32) (param $i i32) (param $n i32) (result i32)
    (call $top (call $segment (local.get $bytes)) (local.get $i) (local.get $n))))

;; run: bottom(10, 0, 10) == 10
;; run: bottom(10, 9, 10) == 10
;; violation: OutOfBounds bottom(10, 0, 11)
;; violation: OutOfBounds bottom(10, 5, 5)
;; violation: OutOfBounds bottom(10, 5, 4)
;; violation: OutOfBounds bottom(10, 0, 0)
;; run: top(10, 0, 10) == 10
;; run: top(0, 5, 5) == 5
;; violation: OutOfBounds top(10, 5, 4)
;; violation: OutOfBounds top(10, 0, 11)

;;! shown: i64
