;;! representations: i32 i64 anyref
;;! functions: constant dynamic
;; A constant number of at most 8 elements becomes accesses; every other number is a call of a helper.

(module
  (type $bytes (array i8))
  (type $ints (array (mut i32)))
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.copyFromArray" (func $copyBytes (param {seg} i32 (ref $bytes) i32 i32)))
  (import "linmem" "MemorySegment.copyFromArray" (func $copyInts (param {seg} i32 (ref null $ints) i32 i32)))
  (import "linmem" "MemorySegment.getLong" (func $getLong (param {seg} i32) (result i64)))

  (func (export "constant") (param $s {seg}) (param $a (ref $bytes))
    (call $copyBytes (local.get $s) (i32.const 3) (local.get $a) (i32.const 1) (i32.const 2)))
  (func (export "dynamic") (param $s {seg}) (param $at i32) (param $a (ref null $ints)) (param $i i32) (param $count i32)
    (call $copyInts (local.get $s) (local.get $at) (local.get $a) (local.get $i) (local.get $count)))

  (func $run (export "run") (param $at i32) (param $i i32) (param $count i32) (result i64)
    (local $s {seg})
    (local.set $s (call $allocate (call $new) (i32.const 16)))
    (call $copyInts (local.get $s) (i32.const 0)
      (array.new_fixed $ints 4 (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)) (i32.const 0) (i32.const 4))
    (call $copyInts (local.get $s) (local.get $at)
      (array.new_fixed $ints 5 (i32.const 1) (i32.const -2) (i32.const 3) (i32.const 4) (i32.const 5))
      (local.get $i) (local.get $count))
    (call $getLong (local.get $s) (i32.const 4)))
  (func (export "null") (param $count i32)
    (call $copyInts (call $allocate (call $new) (i32.const 16)) (i32.const 0) (ref.null $ints) (i32.const 0)
      (local.get $count)))
  (func (export "signed") (result i64) (local $s {seg})
    (local.set $s (call $allocate (call $new) (i32.const 8)))
    (call $copyBytes (local.get $s) (i32.const 0) (array.new $bytes (i32.const 0xff) (i32.const 8)) (i32.const 0)
      (i32.const 8))
    (call $getLong (local.get $s) (i32.const 0))))

;; run: run(4, 0, 2) == 0xfffffffe00000001
;; run: run(0, 1, 4) == 0x0000000400000003
;; run: run(0, 5, 0) == 0
;; run: run(16, 0, 0) == 0
;; run: signed() == -1
;; trap: run(0, 6, 0)
;; trap: run(0, 4, 2)
;; trap: run(0, 0xffffffff, 2)
;; trap: null(1)
;; trap: null(0)
;; violation checked: OutOfBounds run(4, 0, 4)
;; violation checked: OutOfBounds run(17, 0, 0)
;; violation checked: OutOfBounds run(0, 0, 0x40000000)
;; violation checked: OutOfBounds null(5)
