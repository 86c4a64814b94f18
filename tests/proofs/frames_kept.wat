;; Regions that must not be part of a static frame. The claims are about executions without the slow path.

;;! --static-frames on
;;! representations: i64 anyref
;; levels: none spatial
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.address" (func $address (param {seg}) (result i32)))
  (memory (export "memory") 1)
  (global $last (mut i32) (i32.const 0))
  (global $count (mut i32) (i32.const 3))

  ;; A function that calls itself has no static frame, so that there is a heap.
  (func $recursive (local $r i32)
    (local.set $r (call $new))
    (global.set $last (call $address (call $allocate (local.get $r) (i32.const 8))))
    (call $recursive)
    (call $free (local.get $r)))

  ;; theorem $rounds: if a region is opened before a loop, the segment of each round is above that of the round before
  ;; assume: @top & 7 == 0 and (@top == 0 or @top >= 65536) and @top <= 0xFFFF0000 and @limit <= 0xFFFF0000
  ;; opaque: refill find_home
  ;; after: 0 == 1
  ;; invariant 0: @top & 7 == 0 and @top >= 65536 and @top <= 0xFFFF0000 and @limit == old(@limit)
  ;; invariant 0: $new == 0 or $new + 16 <= @top
  ;; prove: returns => $old == 0 or $old + 16 <= $new
  ;; planted: StaticFrameInLoop
  ;; prefer: @count == 3 and @top == 65536 and @limit == 131072
  (func $rounds (export "rounds") (local $r i32) (local $i i32) (local $old i32) (local $new i32)
    (local.set $r (call $new))
    (loop $again
      (local.set $old (local.get $new))
      (local.set $new (call $address (call $allocate (local.get $r) (i32.const 16))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $i) (global.get $count))))
    (global.set $last (local.get $old))
    (call $free (local.get $r)))

  ;; theorem $outer: closing a region also frees the region that a function has left open inside of it
  ;; assume: @top & 7 == 0 and (@top == 0 or @top >= 65536) and @top <= 0xFFFF0000 and @limit <= 0xFFFF0000
  ;; opaque: refill find_home
  ;; after: 0 == 1
  ;; prove: returns => @top == old(@top)
  ;; planted: StaticFrameKeepsInner
  (func $outer (export "outer") (local $r i32)
    (local.set $r (call $new))
    (global.set $last (call $address (call $allocate (local.get $r) (i32.const 16))))
    (call $leaves)
    (call $free (local.get $r)))
  (func $leaves
    (global.set $last (call $address (call $allocate (call $new) (global.get $count))))))
