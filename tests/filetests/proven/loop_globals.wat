;;! representations: i64 anyref
;; A loop whose bound is in a global, and one that writes to the memory that contains its bound: both bounds may change.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.getUByte" (func $getUByte (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.setByte" (func $setByte (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))
  (global $n (mut i32) (i32.const 0))
  (func $segment (param $bytes i32) (result {seg}) (call $allocate (call $new) (local.get $bytes)))
  (func $global (param $s {seg}) (result i32) (local $i i32)
    (loop $next
      (drop (call $getUByte (local.get $s) (local.get $i)))
      (global.set $n (i32.sub (global.get $n) (i32.const 1)))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (global.get $n))))
    (local.get $i))
  (func $inside (param $s {seg}) (result i32) (local $i i32)
    (loop $next
      (call $setByte (local.get $s) (local.get $i) (i32.const 6))
      (br_if $next
        (i32.lt_u
          (local.tee $i (i32.add (local.get $i) (i32.const 1)))
          (call $getUByte (local.get $s) (i32.const 3)))))
    (local.get $i))
  (func (export "global") (param $bytes i32) (param $n i32) (result i32)
    (global.set $n (local.get $n))
    (call $global (call $segment (local.get $bytes))))
  (func (export "inside") (param $bytes i32) (param $n i32) (result i32) (local $s {seg})
    (local.set $s (call $segment (local.get $bytes)))
    (call $setInt (local.get $s) (i32.const 0) (i32.shl (local.get $n) (i32.const 24)))
    (call $inside (local.get $s))))

;; run: global(5, 10) == 5
;; violation: OutOfBounds global(4, 10)
;; run: inside(6, 200) == 6
;; violation: OutOfBounds inside(5, 200)
;; run: inside(4, 2) == 2
;; violation: OutOfBounds inside(3, 2)

;;! shown: i64
