;;! representations: i64 anyref
;; Loops whose bound, index or segment also changes elsewhere: the checks stay in the loop.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.getUByte" (func $getUByte (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.slice" (func $slice (param {seg} i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.size" (func $size (param {seg}) (result i32)))
  (func $segment (param $bytes i32) (result {seg}) (call $allocate (call $new) (local.get $bytes)))
  (func $bound (param $s {seg}) (param $n i32) (param $less i32) (result i32) (local $i i32)
    (loop $next
      (drop (call $getUByte (local.get $s) (local.get $i)))
      (local.set $n (i32.sub (local.get $n) (local.get $less)))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (local.get $i))
  (func $index (param $s {seg}) (param $n i32) (result i32) (local $i i32) (local $rounds i32)
    (loop $next
      (drop (call $getUByte (local.get $s) (local.get $i)))
      (local.set $rounds (i32.add (local.get $rounds) (i32.const 1)))
      (local.set $i (i32.add (local.get $i) (local.get $rounds)))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (local.get $i))
  (func $shrinks (param $s {seg}) (param $n i32) (result i32) (local $i i32)
    (loop $next
      (drop (call $getUByte (local.get $s) (local.get $i)))
      (local.set $s (call $slice (local.get $s) (i32.const 0) (i32.sub (call $size (local.get $s)) (i32.const 1))))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (local.get $i))
  ;; The index is incremented before it is used.
  (func $moved (param $s {seg}) (param $n i32) (result i32) (local $i i32)
    (loop $next
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (drop (call $getUByte (local.get $s) (local.get $i)))
      (br_if $next (i32.lt_u (local.get $i) (local.get $n))))
    (local.get $i))
  (func (export "bound") (param $bytes i32) (param $n i32) (param $less i32) (result i32)
    (call $bound (call $segment (local.get $bytes)) (local.get $n) (local.get $less)))
  (func (export "index") (param $bytes i32) (param $n i32) (result i32)
    (call $index (call $segment (local.get $bytes)) (local.get $n)))
  (func (export "shrinks") (param $bytes i32) (param $n i32) (result i32)
    (call $shrinks (call $segment (local.get $bytes)) (local.get $n)))
  (func (export "moved") (param $bytes i32) (param $n i32) (result i32)
    (call $moved (call $segment (local.get $bytes)) (local.get $n))))

;; run: bound(5, 10, 1) == 5
;; violation: OutOfBounds bound(4, 10, 1)
;; violation: OutOfBounds bound(10, 10, 0xffffffff)
;; run: index(10, 10) == 14
;; violation: OutOfBounds index(9, 10)
;; run: shrinks(10, 5) == 5
;; violation: OutOfBounds shrinks(10, 6)
;; run: moved(11, 10) == 10
;; violation: OutOfBounds moved(10, 10)

;;! shown: i64
