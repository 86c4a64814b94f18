;;! representations: i32 i64 anyref
;; Writes: in a frame, at a constant offset, at an offset that is not a constant, and unaligned.

(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.setDouble" (func $setDouble (param {seg} i32 f64)))
  (import "linmem" "MemorySegment.getDouble" (func $getDouble (param {seg} i32) (result f64)))

  (func $filled (result {seg})
    (local $s {seg})
    (local.set $s (call $allocate (call $new) (i32.const 40)))
    (call $setDouble (local.get $s) (i32.const 8) (f64.const 2.25))
    (local.get $s))
  (func (export "frame") (result f64)
    (local $region i32) (local $s {seg})
    (local.set $region (call $new))
    (local.set $s (call $allocate (local.get $region) (i32.const 24)))
    (call $setDouble (local.get $s) (i32.const 8) (f64.const 2.25))
    (call $getDouble (local.get $s) (i32.const 8)))
  (func (export "constant") (result f64)
    (call $getDouble (call $filled) (i32.const 8)))
  (func (export "dynamic") (param $offset i32) (result f64)
    (call $getDouble (call $filled) (local.get $offset)))
  (func (export "unaligned") (param $offset i32) (result f64)
    (local $s {seg})
    (local.set $s (call $filled))
    (call $setDouble (local.get $s) (local.get $offset) (f64.const 2.25))
    (call $getDouble (local.get $s) (local.get $offset))))

;; run: frame() == 2.25
;; run: constant() == 2.25
;; run: dynamic(8) == 2.25
;; run: unaligned(3) == 2.25
;; trap unchecked: dynamic(0x7fffffff)
;; violation checked: OutOfBounds dynamic(0x7fffffff)
