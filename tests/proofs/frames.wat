;; Static frames: the addresses of functions that can be active together are disjoint.

;;! --static-frames on
;;! representations: i64 anyref
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.address" (func $address (param {seg}) (result i32)))
  (memory (export "memory") 1)
  (global $outer (mut i32) (i32.const 0))
  (global $inner (mut i32) (i32.const 0))

  (func $called (local $a i32)
    (local.set $a (call $new))
    (global.set $inner (call $address (call $allocate (local.get $a) (i32.const 48))))
    (call $free (local.get $a)))

  ;; theorem $small: the frame of a function and the frame of a function that it calls are disjoint
  ;; prove: @outer + 16 <= @inner or @inner + 48 <= @outer
  ;; neighbour: global.set $outer -> i32.const 96 i32.add global.set $outer
  (func $small (export "small") (local $a i32)
    (local.set $a (call $new))
    (global.set $outer (call $address (call $allocate (local.get $a) (i32.const 16))))
    (call $called)
    (call $free (local.get $a)))

  ;; theorem $large: so are those of another function that calls it
  ;; prove: @outer + 96 <= @inner or @inner + 48 <= @outer
  ;; prove: @outer >= 8 and @inner >= 8
  ;; planted: StaticFrameOverlaps
  (func $large (export "large") (local $a i32)
    (local.set $a (call $new))
    (global.set $outer (call $address (call $allocate (local.get $a) (i32.const 96))))
    (call $called)
    (call $free (local.get $a))))
