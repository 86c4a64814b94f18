;;! representations: i32 i64 anyref
;; Writes: in a frame, at a constant offset, at an offset that is not a constant, and unaligned.

(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.setFloat" (func $setFloat (param {seg} i32 f32)))
  (import "linmem" "MemorySegment.getFloat" (func $getFloat (param {seg} i32) (result f32)))

  (func $filled (result {seg})
    (local $s {seg})
    (local.set $s (call $allocate (call $new) (i32.const 40)))
    (call $setFloat (local.get $s) (i32.const 8) (f32.const -1.5))
    (local.get $s))
  (func (export "frame") (result f32)
    (local $region i32) (local $s {seg})
    (local.set $region (call $new))
    (local.set $s (call $allocate (local.get $region) (i32.const 24)))
    (call $setFloat (local.get $s) (i32.const 8) (f32.const -1.5))
    (call $getFloat (local.get $s) (i32.const 8)))
  (func (export "constant") (result f32)
    (call $getFloat (call $filled) (i32.const 8)))
  (func (export "dynamic") (param $offset i32) (result f32)
    (call $getFloat (call $filled) (local.get $offset)))
  (func (export "unaligned") (param $offset i32) (result f32)
    (local $s {seg})
    (local.set $s (call $filled))
    (call $setFloat (local.get $s) (local.get $offset) (f32.const -1.5))
    (call $getFloat (local.get $s) (local.get $offset))))

;; run: frame() == -1.5
;; run: constant() == -1.5
;; run: dynamic(8) == -1.5
;; run: unaligned(3) == -1.5
;; trap unchecked: dynamic(0x7fffffff)
;; violation checked: OutOfBounds dynamic(0x7fffffff)
