;;! --static-frames on
;;! representations: i64
;; Functions that only pass on to an intrinsic count as the intrinsic.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.setInt" (func $set (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.getInt" (func $get (param {seg} i32) (result i32)))
  (func $open (result i32) (call $new))
  (func $make (param i32 i32) (result {seg}) (call $allocate (local.get 0) (local.get 1)))
  (func $make16 (param i32) (result {seg}) (call $allocate (local.get 0) (i32.const 16)))
  (func $close (param i32) (result i32) (call $free (local.get 0)) (i32.const 0))

  (func (export "wrapped") (result i32)
    (local $r i32) (local $s {seg}) (local $t {seg}) (local $sum i32)
    (local.set $r (call $open))
    (local.set $s (call $make (local.get $r) (i32.const 8)))
    (local.set $t (call $make16 (local.get $r)))
    (call $set (local.get $s) (i32.const 4) (i32.const 1))
    (call $set (local.get $t) (i32.const 12) (i32.const 2))
    (local.set $sum (i32.add (call $get (local.get $s) (i32.const 4)) (call $get (local.get $t) (i32.const 12))))
    (drop (call $close (local.get $r)))
    (local.get $sum)))

;; run: wrapped() == 3
