;;! --static-frames off
;;! representations: i32 i64 anyref
;; Closing an inner region does not change the outer one, nor a frame that was reserved before it.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.address" (func $address (param {seg}) (result i32)))

  (func (export "nested") (result i32)
    (local $outer i32) (local $inner i32) (local $a {seg}) (local $b {seg}) (local $c {seg})
    (local.set $outer (call $new))
    (local.set $a (call $allocate (local.get $outer) (i32.const 4)))
    (call $setInt (local.get $a) (i32.const 0) (i32.const 1))
    (local.set $inner (call $new))
    (local.set $b (call $allocate (local.get $inner) (i32.const 4)))
    (call $setInt (local.get $b) (i32.const 0) (i32.const 2))
    (call $free (local.get $inner))
    ;; Joins the frame of $a, which was reserved below the inner region.
    (local.set $c (call $allocate (local.get $outer) (i32.const 4)))
    (call $setInt (local.get $c) (i32.const 0) (i32.const 4))
    (call $free (local.get $outer))
    (i32.or
      (i32.or (call $getInt (local.get $a) (i32.const 0)) (call $getInt (local.get $b) (i32.const 0)))
      (call $getInt (local.get $c) (i32.const 0))))

  (func (export "top") (result i32) (call $new)))

;; run: nested() == 7
;; run: top() == 16
