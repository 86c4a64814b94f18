;;! representations: i64 anyref
;; A loop that includes its bound. If the bound is the largest number, it never ends, or reaches a violation.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.getUByte" (func $getUByte (param {seg} i32) (result i32)))
  (func $segment (param $bytes i32) (result {seg}) (call $allocate (call $new) (local.get $bytes)))
  (func $unsigned (param $s {seg}) (param $i i32) (param $n i32) (result i32) (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (call $getUByte (local.get $s) (local.get $i))))
      (br_if $next (i32.le_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (local.get $i))
  (func $signed (param $s {seg}) (param $i i32) (param $n i32) (result i32) (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (call $getUByte (local.get $s) (local.get $i))))
      (br_if $next (i32.le_s (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (local.get $i))
  (func (export "unsigned") (param $bytes i32) (param $i i32) (param $n i32) (result i32)
    (call $unsigned (call $segment (local.get $bytes)) (local.get $i) (local.get $n)))
  (func (export "signed") (param $bytes i32) (param $i i32) (param $n i32) (result i32)
    (call $signed (call $segment (local.get $bytes)) (local.get $i) (local.get $n))))

;; run: unsigned(10, 0, 9) == 10
;; run: unsigned(10, 9, 0) == 10
;; violation: OutOfBounds unsigned(10, 0, 10)
;; violation: OutOfBounds unsigned(10, 0, 0xffffffff)
;; violation: OutOfBounds unsigned(10, 0xffffffff, 0)
;; run: signed(10, 0, 9) == 10
;; run: signed(10, 4, -1) == 5
;; violation: OutOfBounds signed(10, 0, 10)
;; violation: OutOfBounds signed(10, -1, 9)
;; violation: OutOfBounds signed(10, 0, 0x7fffffff)

;;! shown: i64
