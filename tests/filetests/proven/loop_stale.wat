;;! representations: i64 anyref
;; Operands that were read before the index was incremented keep the old value.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.getUByte" (func $getUByte (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.setByte" (func $setByte (param {seg} i32 i32)))
  (func $segment (param $bytes i32) (result {seg}) (call $allocate (call $new) (local.get $bytes)))
  ;; The comparison comes before the increment of the index.
  (func $compared (param $s {seg}) (param $n i32) (result i32) (local $i i32)
    (loop $next
      (drop (call $getUByte (local.get $s) (local.get $i)))
      (i32.lt_u (local.get $i) (local.get $n))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next))
    (local.get $i))
  ;; The bound is read before it changes.
  (func $bound (param $s {seg}) (param $n i32) (result i32) (local $i i32) (local $m i32)
    (local.set $m (i32.const 1))
    (loop $next
      (drop (call $getUByte (local.get $s) (local.get $i)))
      (local.tee $i (i32.add (local.get $i) (i32.const 1)))
      (local.get $m)
      (local.set $m (local.get $n))
      (br_if $next (i32.le_u)))
    (local.get $i))
  ;; The offset is read before the index is incremented, and used after that.
  (func $offset (param $s {seg}) (param $n i32) (result i32) (local $i i32)
    (loop $next
      (call $setByte (local.get $s) (local.get $i)
        (local.tee $i (i32.add (local.get $i) (i32.const 1))))
      (br_if $next (i32.lt_u (local.get $i) (local.get $n))))
    (local.get $i))
  ;; A copy of the index is incremented.
  (func $copied (param $s {seg}) (param $n i32) (result i32) (local $i i32) (local $j i32)
    (loop $next
      (local.set $j (local.get $i))
      (drop (call $getUByte (local.get $s) (local.get $j)))
      (local.set $j (i32.add (local.get $j) (i32.const 1)))
      (local.set $i (local.get $j))
      (br_if $next (i32.lt_u (local.get $j) (local.get $n))))
    (local.get $i))
  ;; The index starts again in each iteration of an outer loop.
  (func $nested (param $s {seg}) (param $n i32) (result i32) (local $i i32) (local $j i32)
    (loop $outer
      (local.set $j (local.get $i))
      (loop $next
        (drop (call $getUByte (local.get $s) (local.get $j)))
        (br_if $next (i32.lt_u (local.tee $j (i32.add (local.get $j) (i32.const 1))) (local.get $n))))
      (br_if $outer (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 3))))
    (i32.add (local.get $i) (local.get $j)))
  ;; With values on the stack.
  (func $values (param $s {seg}) (param $n i32) (result i32) (local $i i32)
    (i32.const 100)
    (local.get $i)
    (loop $next (param i32) (result i32)
      (i32.add (call $getUByte (local.get $s) (local.get $i)))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (i32.add))
  (func (export "compared") (param $bytes i32) (param $n i32) (result i32)
    (call $compared (call $segment (local.get $bytes)) (local.get $n)))
  (func (export "bound") (param $bytes i32) (param $n i32) (result i32)
    (call $bound (call $segment (local.get $bytes)) (local.get $n)))
  (func (export "offset") (param $bytes i32) (param $n i32) (result i32)
    (call $offset (call $segment (local.get $bytes)) (local.get $n)))
  (func (export "copied") (param $bytes i32) (param $n i32) (result i32)
    (call $copied (call $segment (local.get $bytes)) (local.get $n)))
  (func (export "nested") (param $bytes i32) (param $n i32) (result i32)
    (call $nested (call $segment (local.get $bytes)) (local.get $n)))
  (func (export "values") (param $bytes i32) (param $n i32) (result i32)
    (call $values (call $segment (local.get $bytes)) (local.get $n))))

;; run: compared(11, 10) == 11
;; violation: OutOfBounds compared(10, 10)
;; run: bound(11, 10) == 11
;; violation: OutOfBounds bound(10, 10)
;; run: offset(10, 10) == 10
;; violation: OutOfBounds offset(9, 10)
;; run: copied(10, 10) == 10
;; violation: OutOfBounds copied(9, 10)
;; run: nested(10, 10) == 13
;; violation: OutOfBounds nested(9, 10)
;; run: nested(3, 1) == 6
;; violation: OutOfBounds nested(2, 1)
;; run: values(10, 10) == 100
;; violation: OutOfBounds values(9, 10)

;;! shown: i64
