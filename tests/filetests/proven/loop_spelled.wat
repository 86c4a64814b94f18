;;! representations: i64 anyref
;; The same loop in other forms: operands swapped, the comparison negated, the step first.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.getUByte" (func $getUByte (param {seg} i32) (result i32)))
  (func $exchanged (param $s {seg}) (param $n i32) (result i32) (local $i i32)
    (loop $next
      (drop (call $getUByte (local.get $s) (local.get $i)))
      (br_if $next (i32.gt_u (local.get $n) (local.tee $i (i32.add (i32.const 1) (local.get $i))))))
    (local.get $i))
  (func $negated (param $s {seg}) (param $n i32) (result i32) (local $i i32)
    (loop $next
      (drop (call $getUByte (local.get $s) (local.get $i)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.eqz (i32.ge_u (local.get $i) (local.get $n)))))
    (local.get $i))
  (func $twice_negated (param $s {seg}) (param $n i32) (result i32) (local $i i32)
    (block $done
      (loop $next
        (br_if $done (i32.eqz (i32.eqz (i32.eqz (i32.gt_u (local.get $n) (local.get $i))))))
        (drop (call $getUByte (local.get $s) (local.get $i)))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $next)))
    (local.get $i))
  ;; Down to zero: this is not a counted loop.
  (func $down (param $s {seg}) (param $n i32) (result i32)
    (loop $next
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (drop (call $getUByte (local.get $s) (local.get $n)))
      (br_if $next (local.get $n)))
    (local.get $n))
  ;; After the loop, the index has the value with which the loop ended.
  (func $goes_on (param $s {seg}) (param $n i32) (result i32) (local $i i32)
    (loop $next
      (drop (call $getUByte (local.get $s) (local.get $i)))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (call $getUByte (local.get $s) (local.get $i)))
  (func (export "exchanged") (param $bytes i32) (param $n i32) (result i32)
    (call $exchanged (call $allocate (call $new) (local.get $bytes)) (local.get $n)))
  (func (export "negated") (param $bytes i32) (param $n i32) (result i32)
    (call $negated (call $allocate (call $new) (local.get $bytes)) (local.get $n)))
  (func (export "twice_negated") (param $bytes i32) (param $n i32) (result i32)
    (call $twice_negated (call $allocate (call $new) (local.get $bytes)) (local.get $n)))
  (func (export "down") (param $bytes i32) (param $n i32) (result i32)
    (call $down (call $allocate (call $new) (local.get $bytes)) (local.get $n)))
  (func (export "goes_on") (param $bytes i32) (param $n i32) (result i32)
    (call $goes_on (call $allocate (call $new) (local.get $bytes)) (local.get $n))))

;; run: exchanged(10, 10) == 10
;; violation: OutOfBounds exchanged(10, 11)
;; run: negated(10, 10) == 10
;; violation: OutOfBounds negated(10, 11)
;; run: twice_negated(10, 10) == 10
;; run: twice_negated(0, 0) == 0
;; violation: OutOfBounds twice_negated(10, 11)
;; run: down(10, 10) == 0
;; violation: OutOfBounds down(10, 11)
;; violation: OutOfBounds down(10, 0)
;; run: goes_on(11, 10) == 0
;; violation: OutOfBounds goes_on(10, 10)

;;! shown: i64
