;;! representations: i32 i64 anyref
;; A part of a segment is a segment.

(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.slice" (func $slice (param {seg} i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.address" (func $address (param {seg}) (result i32)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))

  (func (export "frame") (result i32)
    (local $s {seg}) (local $part {seg})
    (local.set $s (call $allocate (call $new) (i32.const 16)))
    (local.set $part (call $slice (local.get $s) (i32.const 8) (i32.const 8)))
    (call $setInt (local.get $part) (i32.const 4) (i32.const 77))
    (call $getInt (local.get $s) (i32.const 12)))
  (func (export "dynamic") (param $offset i32) (param $bytes i32) (result i32)
    (local $s {seg})
    (local.set $s (call $allocate (call $new) (i32.const 16)))
    (i32.sub
      (call $address (call $slice (local.get $s) (local.get $offset) (local.get $bytes)))
      (call $address (local.get $s))))
  (func (export "whole") (param $bytes i32) (result i32)
    (local $s {seg})
    (local.set $s (call $allocate (call $new) (i32.const 16)))
    (i32.eq
      (call $address (call $slice (local.get $s) (i32.const 0) (local.get $bytes)))
      (call $address (local.get $s)))))

;; run: frame() == 77
;; run: dynamic(5, 6) == 5
;; run: dynamic(16, 0) == 16
;; run: whole(16) == 1
