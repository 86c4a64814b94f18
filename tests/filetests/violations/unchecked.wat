;;! --safety none
;;! representations: i64 anyref
;; Without checks, none of these is a violation.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.slice" (func $slice (param {seg} i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.size" (func $size (param {seg}) (result i32)))
  (func (export "outside") (param $o i32) (result i32) (local $s {seg})
    (local.set $s (call $allocate (call $new) (i32.const 16)))
    (call $setInt (local.get $s) (local.get $o) (i32.const 5))
    (call $getInt (local.get $s) (local.get $o)))
  (func (export "outside_constant") (result i32)
    (call $getInt (call $allocate (call $new) (i32.const 16)) (i32.const 16)))
  (func (export "longer") (param $bytes i32) (result i32)
    (call $size (call $slice (call $allocate (call $new) (i32.const 16)) (i32.const 8) (local.get $bytes))))
  (func (export "dead") (result i32) (local $r i32) (local $s {seg})
    (local.set $s (call $allocate (local.tee $r (call $new)) (i32.const 16)))
    (call $free (local.get $r))
    (call $setInt (local.get $s) (i32.const 0) (i32.const 6))
    (call $getInt (local.get $s) (i32.const 0))))

;; run: outside(16) == 5
;; trap: outside(0x7fffffff)
;; run: outside_constant() == 0
;; run: longer(100) == 100
;; run: dead() == 6
