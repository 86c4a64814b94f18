;;! representations: i64 anyref
;; A loop from one segment to another: either may be too short.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.getByte" (func $getByte (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.setByte" (func $setByte (param {seg} i32 i32)))
  (func $segment (param $bytes i32) (result {seg}) (call $allocate (call $new) (local.get $bytes)))
  (func $copy (param $to {seg}) (param $from {seg}) (param $n i32) (local $i i32)
    (loop $next
      (call $setByte (local.get $to) (local.get $i) (call $getByte (local.get $from) (local.get $i)))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n)))))
  (func (export "copy") (param $to i32) (param $from i32) (param $n i32)
    (call $copy (call $segment (local.get $to)) (call $segment (local.get $from)) (local.get $n))))

;; run: copy(10, 10, 10) == ()
;; violation: OutOfBounds copy(9, 10, 10)
;; violation: OutOfBounds copy(10, 9, 10)
;; violation: OutOfBounds copy(0, 0, 0)
