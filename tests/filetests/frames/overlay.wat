;;! --static-frames on
;;! representations: i64 i32
;;! shown: i64
;; Functions that are never active at the same time share addresses: $left and $right. $leaf is above both.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.allocateAligned" (func $aligned (param i32 i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.address" (func $address (param {seg}) (result i32)))
  (import "linmem" "MemorySegment.setInt" (func $set (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.getInt" (func $get (param {seg} i32) (result i32)))

  (func $leaf (result i32)
    (local $r i32) (local $s {seg})
    (local.set $r (call $new))
    (local.set $s (call $allocate (local.get $r) (i32.const 8)))
    (call $free (local.get $r))
    (call $address (local.get $s)))

  (func $left (result i32)
    (local $r i32) (local $s {seg}) (local $sum i32)
    (local.set $r (call $new))
    (local.set $s (call $aligned (local.get $r) (i32.const 40) (i32.const 64)))
    (call $set (local.get $s) (i32.const 36) (i32.const 7))
    (local.set $sum (i32.sub (call $leaf) (call $address (local.get $s))))
    (local.set $sum (i32.add (local.get $sum) (call $get (local.get $s) (i32.const 36))))
    (call $free (local.get $r))
    (local.get $sum))

  ;; Two regions that are open at the same time, and one that is opened when both are closed.
  (func $right (result i32)
    (local $outer i32) (local $inner i32) (local $a {seg}) (local $b {seg}) (local $c {seg})
    (local.set $outer (call $new))
    (local.set $a (call $allocate (local.get $outer) (i32.const 4)))
    (local.set $inner (call $new))
    (local.set $b (call $allocate (local.get $inner) (i32.const 20)))
    (call $free (local.get $inner))
    (call $free (local.get $outer))
    (local.set $outer (call $new))
    (local.set $c (call $allocate (local.get $outer) (i32.const 4)))
    (call $free (local.get $outer))
    (i32.add
      (i32.mul (i32.const 100) (i32.sub (call $address (local.get $b)) (call $address (local.get $a))))
      (i32.sub (call $address (local.get $c)) (call $address (local.get $a)))))

  (func (export "left") (result i32) (call $left))
  (func (export "right") (result i32) (call $right))
  (func (export "both") (result i32) (i32.add (call $left) (call $right))))

;; run: left() == 47
;; run: right() == 800
;; run: both() == 847
