;;! representations: i32 i64 anyref
;;! shown: i64
;; A copy of a part of an array that was just made of integer constants becomes stores.
(module
  (type $bytes (array i8))
  (type $shorts (array (mut i16)))
  (type $longs (array i64))
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.allocateArray"
    (func $array (param i32 (ref null $bytes) i32 i32) (result {seg} {bytes})))
  (import "linmem" "MemorySegment.copyFromArray" (func $shorts (param {seg} i32 (ref null $shorts) i32 i32)))
  (import "linmem" "MemorySegment.copyFromArray" (func $longs (param {seg} i32 (ref null $longs) i32 i32)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.getLong" (func $getLong (param {seg} i32) (result i64)))

  (func (export "allocated") (result i32) (local $s {seg})
    (call $array (call $new)
      (array.new_fixed $bytes 7 (i32.const 1) (i32.const 2) (i32.const 3) (i32.const 0x104) (i32.const 5) (i32.const -1)
        (i32.const 7))
      (i32.const 0) (i32.const 7)) {drop}
    (local.set $s)
    (call $getInt (local.get $s) (i32.const 3)))
  (func (export "part") (result i64) (local $s {seg})
    (local.set $s (call $allocate (call $new) (i32.const 16)))
    (call $shorts (local.get $s) (i32.const 1)
      (array.new_fixed $shorts 4 (i32.const 1) (i32.const 2) (i32.const -3) (i32.const 4)) (i32.const 1) (i32.const 3))
    (call $longs (local.get $s) (i32.const 7) (array.new_fixed $longs 1 (i64.const -2)) (i32.const 0) (i32.const 1))
    (call $getLong (local.get $s) (i32.const 1)))
  (func (export "unknown") (param $s {seg}) (param $at i32)
    (call $longs (local.get $s) (local.get $at) (array.new_fixed $longs 2 (i64.const 1) (i64.const 2)) (i32.const 0) (i32.const 2)))
  (func (export "outside_of_array") (result i32) (local $s {seg})
    (local.set $s (call $allocate (call $new) (i32.const 16)))
    (call $shorts (local.get $s) (i32.const 1)
      (array.new_fixed $shorts 2 (i32.const 1) (i32.const 2)) (i32.const 1) (i32.const 2))
    (i32.const 1)))

;; run: allocated() == 0x07ff0504
;; run: part() == 0xfffe0004fffd0002
;; trap: outside_of_array()
