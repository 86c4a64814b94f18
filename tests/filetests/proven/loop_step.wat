;;! representations: i64 anyref
;; A loop in steps of four over elements of four bytes: the whole last element must be inside, and nothing after it.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param {seg} i32 i32)))
  (func $segment (param $bytes i32) (result {seg}) (call $allocate (call $new) (local.get $bytes)))
  (func $sum (param $s {seg}) (param $i i32) (param $n i32) (result i32) (local $sum i32)
    (loop $next
      (call $setInt (local.get $s) (local.get $i) (local.get $i))
      (local.set $sum (i32.add (local.get $sum) (call $getInt (local.get $s) (local.get $i))))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 4))) (local.get $n))))
    (local.get $sum))
  (func $signed (param $s {seg}) (param $i i32) (param $n i32) (result i32) (local $sum i32)
    (block $done
      (loop $next
        (br_if $done (i32.ge_s (local.get $i) (local.get $n)))
        (local.set $sum (i32.add (local.get $sum) (call $getInt (local.get $s) (local.get $i))))
        (local.set $i (i32.add (local.get $i) (i32.const 4)))
        (br $next)))
    (local.get $i))
  (func (export "sum") (param $bytes i32) (param $i i32) (param $n i32) (result i32)
    (call $sum (call $segment (local.get $bytes)) (local.get $i) (local.get $n)))
  (func (export "signed") (param $bytes i32) (param $i i32) (param $n i32) (result i32)
    (call $signed (call $segment (local.get $bytes)) (local.get $i) (local.get $n))))

;; run: sum(16, 0, 16) == 24
;; run: sum(16, 0, 13) == 24
;; run: sum(13, 1, 13) == 15
;; run: sum(13, 1, 10) == 15
;; violation: OutOfBounds sum(16, 0, 17)
;; violation: OutOfBounds sum(15, 0, 13)
;; run: sum(15, 0, 12) == 12
;; violation: OutOfBounds sum(15, 0, 16)
;; violation: OutOfBounds sum(16, 0, 0xfffffffe)
;; violation: OutOfBounds sum(16, 0, 0xffffffff)
;; violation: OutOfBounds sum(16, 0xfffffffc, 16)
;; run: signed(16, 0, 16) == 16
;; run: signed(16, 0, 13) == 16
;; run: signed(0, 0, -4) == 0
;; violation: OutOfBounds signed(16, 0, 17)
;; violation: OutOfBounds signed(16, -4, 16)
;; violation: OutOfBounds signed(16, 0, 0x7fffffff)

;;! shown: i64
