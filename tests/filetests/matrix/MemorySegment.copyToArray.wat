;;! representations: i32 i64 anyref
;;! shown: i64
;;! functions: constant dynamic
;; The range of an array is checked before its first element is assigned.

(module
  (type $shorts (sub (array (mut i16))))
  (type $longs (sub final $shorts (array (mut i16))))
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.copyToArray" (func $copyShorts (param {seg} i32 (ref null $shorts) i32 i32)))
  (import "linmem" "MemorySegment.setLong" (func $setLong (param {seg} i32 i64)))

  (func (export "constant") (param $s {seg}) (param $at i32) (param $a (ref $longs)) (param $i i32)
    (call $copyShorts (local.get $s) (local.get $at) (local.get $a) (local.get $i) (i32.const 2)))
  (func (export "dynamic") (param $s {seg}) (param $at i32) (param $a (ref null $shorts)) (param $count i32)
    (call $copyShorts (local.get $s) (local.get $at) (local.get $a) (i32.const 7) (local.get $count)))

  (func $segment (result {seg}) (local $s {seg})
    (local.set $s (call $allocate (call $new) (i32.const 8)))
    (call $setLong (local.get $s) (i32.const 0) (i64.const 0x0004000300028001))
    (local.get $s))
  (func (export "run") (param $at i32) (param $i i32) (param $count i32) (result i32 i32) (local $a (ref null $shorts))
    (local.set $a (array.new_default $longs (i32.const 4)))
    (call $copyShorts (call $segment) (local.get $at) (local.get $a) (local.get $i) (local.get $count))
    (array.get_s $shorts (local.get $a) (i32.const 0))
    (array.get_u $shorts (local.get $a) (i32.const 3)))
  (func (export "few") (param $i i32) (result i32) (local $a (ref $shorts))
    (local.set $a (array.new_default $shorts (i32.const 4)))
    (call $copyShorts (call $segment) (i32.const 2) (local.get $a) (local.get $i) (i32.const 3))
    (array.get_s $shorts (local.get $a) (i32.const 1)))
  (func (export "null") (call $copyShorts (call $segment) (i32.const 0) (ref.null $shorts) (i32.const 0) (i32.const 2))))

;; run: run(0, 0, 4) == (0xffff8001, 4)
;; run: run(0, 2, 2) == (0, 2)
;; run: run(8, 4, 0) == (0, 0)
;; run: few(0) == 3
;; run: few(1) == 2
;; trap: few(2)
;; trap: few(0xffffffff)
;; trap: run(0, 5, 0)
;; trap: run(0, 1, 4)
;; trap: null()
;; violation checked: OutOfBounds run(2, 0, 4)
;; violation checked: OutOfBounds run(0, 0, 0x80000000)
