;;! representations: i64 anyref
;; A loop that divides by zero before an access is out of bounds does not reach a violation.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.getUByte" (func $getUByte (param {seg} i32) (result i32)))
  (func $divides (param $s {seg}) (param $d i32) (param $n i32) (result i32) (local $i i32) (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (i32.div_u (i32.const 12) (i32.sub (local.get $d) (local.get $i)))))
      (local.set $sum (i32.add (local.get $sum) (call $getUByte (local.get $s) (local.get $i))))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (local.get $sum))
  (func (export "divides") (param $bytes i32) (param $d i32) (param $n i32) (result i32)
    (call $divides (call $allocate (call $new) (local.get $bytes)) (local.get $d) (local.get $n))))

;; run: divides(3, 4, 3) == 13
;; violation: OutOfBounds divides(3, 5, 10)
;; trap: divides(5, 2, 5)
;; trap: divides(5, 2, 10)
