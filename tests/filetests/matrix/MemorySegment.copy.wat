;;! representations: i32 i64 anyref
;; A copy of a constant number of at most 64 bytes becomes loads, then stores; every other one becomes memory.copy.

(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.copy" (func $copy (param {seg} i32 {seg} i32 i32)))
  (import "linmem" "MemorySegment.setByte" (func $setByte (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.getUByte" (func $getUByte (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.getLong" (func $getLong (param {seg} i32) (result i64)))
  (import "linmem" "MemorySegment.setLong" (func $setLong (param {seg} i32 i64)))

  (func $ramp (result {seg}) (local $s {seg}) (local $i i32)
    (local.set $s (call $allocate (call $new) (i32.const 200)))
    (loop $next
      (call $setByte (local.get $s) (local.get $i) (local.get $i))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 200))))
    (local.get $s))
  (func (export "forward") (param $at i32) (result i32) (local $s {seg})
    (local.set $s (call $ramp))
    (call $copy (local.get $s) (i32.const 3) (local.get $s) (i32.const 0) (i32.const 31))
    (call $getUByte (local.get $s) (local.get $at)))
  (func (export "backward") (param $at i32) (result i32) (local $s {seg})
    (local.set $s (call $ramp))
    (call $copy (local.get $s) (i32.const 0) (local.get $s) (i32.const 3) (i32.const 31))
    (call $getUByte (local.get $s) (local.get $at)))
  (func (export "frame") (result i64) (local $region i32) (local $a {seg}) (local $b {seg})
    (local.set $region (call $new))
    (local.set $a (call $allocate (local.get $region) (i32.const 8)))
    (local.set $b (call $allocate (local.get $region) (i32.const 8)))
    (call $setLong (local.get $a) (i32.const 0) (i64.const 0x0807060504030201))
    (call $setLong (local.get $b) (i32.const 0) (i64.const 0))
    (call $copy (local.get $b) (i32.const 1) (local.get $a) (i32.const 0) (i32.const 7))
    (call $copy (local.get $b) (i32.const 0) (local.get $a) (i32.const 0) (i32.const 0))
    (call $getLong (local.get $b) (i32.const 0)))
  (func (export "dynamic") (param $to i32) (param $from i32) (param $bytes i32) (param $at i32) (result i32)
    (local $s {seg})
    (local.set $s (call $ramp))
    (call $copy (local.get $s) (local.get $to) (local.get $s) (local.get $from) (local.get $bytes))
    (call $getUByte (local.get $s) (local.get $at)))
  (func (export "large") (param $at i32) (result i32) (local $s {seg})
    (local.set $s (call $ramp))
    (call $copy (local.get $s) (i32.const 100) (local.get $s) (i32.const 0) (i32.const 65))
    (call $getUByte (local.get $s) (local.get $at))))

;; run: forward(2) == 2
;; run: forward(3) == 0
;; run: forward(33) == 30
;; run: forward(34) == 34
;; run: backward(0) == 3
;; run: backward(30) == 33
;; run: backward(31) == 31
;; run: frame() == 0x0706050403020100
;; run: dynamic(10, 20, 5, 9) == 9
;; run: dynamic(10, 20, 5, 10) == 20
;; run: dynamic(10, 20, 5, 14) == 24
;; run: dynamic(10, 20, 5, 15) == 15
;; run: large(100) == 0
;; run: large(164) == 64
;; run: large(165) == 165
;; trap unchecked: dynamic(0, 0x7fffffff, 1, 0)
;; violation checked: OutOfBounds dynamic(0, 0x7fffffff, 1, 0)
