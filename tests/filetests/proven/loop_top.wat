;;! representations: i64 anyref
;; A loop that compares before its first iteration: if there is none, nothing is checked.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.setByte" (func $setByte (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.getUByte" (func $getUByte (param {seg} i32) (result i32)))
  (func $segment (param $bytes i32) (result {seg}) (call $allocate (call $new) (local.get $bytes)))
  (func $sum (param $s {seg}) (param $i i32) (param $n i32) (result i32) (local $sum i32)
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $i) (local.get $n)))
        (local.set $sum (i32.add (local.get $sum) (call $getUByte (local.get $s) (local.get $i))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $next)))
    (local.get $sum))
  (func (export "sum") (param $bytes i32) (param $i i32) (param $n i32) (result i32)
    (call $sum (call $segment (local.get $bytes)) (local.get $i) (local.get $n))))

;; run: sum(10, 0, 10) == 0
;; run: sum(0, 0, 0) == 0
;; run: sum(0, 0xffffffff, 0xffffffff) == 0
;; run: sum(10, 10, 10) == 0
;; violation: OutOfBounds sum(10, 0, 11)
;; violation: OutOfBounds sum(10, 9, 11)
;; violation: OutOfBounds sum(10, 0, 0xffffffff)
;; violation: OutOfBounds sum(0, 0, 1)
;; violation: OutOfBounds sum(10, 0xfffffffe, 0xffffffff)
