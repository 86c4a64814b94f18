;;! representations: i32 i64 anyref
;;! shown: i64
;;! functions: constant dynamic
;; A constant number of elements joins a frame. Where segments are addresses, the size is one more result.

(module
  (type $longs (array i64))
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocateArray"
    (func $allocateArray (param i32 (ref null $longs) i32 i32) (result {seg} {bytes})))
  (import "linmem" "MemorySegment.getLong" (func $getLong (param {seg} i32) (result i64)))

  (func (export "constant") (param $a (ref null $longs)) (result {seg} {bytes})
    (call $allocateArray (call $new) (local.get $a) (i32.const 1) (i32.const 2)))
  (func (export "dynamic") (param $region i32) (param $a (ref null $longs)) (param $count i32) (result {seg} {bytes})
    (call $allocateArray (local.get $region) (local.get $a) (i32.const 0) (local.get $count)))

  (func $array (result (ref $longs)) (array.new_fixed $longs 3 (i64.const 1) (i64.const 2) (i64.const -3)))
  (func (export "run") (param $i i32) (param $count i32) (param $at i32) (result i64) (local $s {seg})
    (call $allocateArray (call $new) (call $array) (local.get $i) (local.get $count)) {drop} (local.set $s)
    (call $getLong (local.get $s) (local.get $at)))
  (func (export "few") (result i64) (local $s {seg})
    (call $allocateArray (call $new) (call $array) (i32.const 1) (i32.const 2)) {drop} (local.set $s)
    (call $getLong (local.get $s) (i32.const 8)))
  (func (export "none") (param $i i32)
    (call $allocateArray (call $new) (call $array) (local.get $i) (i32.const 0)) {drop} (drop))
  (func (export "null") (call $allocateArray (call $new) (ref.null $longs) (i32.const 0) (i32.const 1)) {drop} (drop)))

;; run: run(0, 3, 16) == -3
;; run: run(2, 1, 0) == -3
;; run: few() == -3
;; run: none(3) == ()
;; trap: none(4)
;; trap: run(1, 3, 0)
;; trap: run(0, 0x40000000, 0)
;; trap: null()
