;;! representations: i64 anyref
;; A loop to the end of its segment, or to the end of another one.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.getUByte" (func $getUByte (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.size" (func $size (param {seg}) (result i32)))
  (import "linmem" "MemorySegment.slice" (func $slice (param {seg} i32 i32) (result {seg})))
  (func $segment (param $bytes i32) (result {seg}) (call $allocate (call $new) (local.get $bytes)))
  (func $whole (param $s {seg}) (result i32) (local $i i32) (local $sum i32)
    (block $done
      (loop $next
        (br_if $done (i32.eqz (i32.lt_u (local.get $i) (call $size (local.get $s)))))
        (local.set $sum (i32.add (local.get $sum) (call $getUByte (local.get $s) (local.get $i))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $next)))
    (local.get $i))
  (func $other (param $s {seg}) (param $t {seg}) (result i32) (local $i i32) (local $sum i32)
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $i) (call $size (local.get $t))))
        (local.set $sum (i32.add (local.get $sum) (call $getUByte (local.get $s) (local.get $i))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $next)))
    (local.get $i))
  (func $ints (param $s {seg}) (result i32) (local $i i32) (local $sum i32)
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $i) (call $size (local.get $s))))
        (local.set $sum (i32.add (local.get $sum) (call $getInt (local.get $s) (local.get $i))))
        (local.set $i (i32.add (local.get $i) (i32.const 4)))
        (br $next)))
    (local.get $i))
  (func (export "whole") (param $bytes i32) (result i32) (call $whole (call $segment (local.get $bytes))))
  (func (export "other") (param $bytes i32) (param $bound i32) (result i32)
    (call $other (call $segment (local.get $bytes)) (call $segment (local.get $bound))))
  (func (export "ints") (param $bytes i32) (result i32) (call $ints (call $segment (local.get $bytes)))))

;; run: whole(10) == 10
;; run: whole(0) == 0
;; run: other(10, 10) == 10
;; run: other(10, 0) == 0
;; run: other(0, 0) == 0
;; violation: OutOfBounds other(9, 10)
;; violation: OutOfBounds other(0, 1)
;; run: ints(16) == 16
;; run: ints(0) == 0
;; violation: OutOfBounds ints(15)
;; violation: OutOfBounds ints(1)

;;! shown: i64
