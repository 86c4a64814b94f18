;;! representations: i32 i64 anyref
;; Writes: in a frame, at a constant offset, at an offset that is not a constant, and unaligned.

(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.setLong" (func $setLong (param {seg} i32 i64)))
  (import "linmem" "MemorySegment.getLong" (func $getLong (param {seg} i32) (result i64)))

  (func $filled (result {seg})
    (local $s {seg})
    (local.set $s (call $allocate (call $new) (i32.const 40)))
    (call $setLong (local.get $s) (i32.const 8) (i64.const 0x8182838485868788))
    (local.get $s))
  (func (export "frame") (result i64)
    (local $region i32) (local $s {seg})
    (local.set $region (call $new))
    (local.set $s (call $allocate (local.get $region) (i32.const 24)))
    (call $setLong (local.get $s) (i32.const 8) (i64.const 0x8182838485868788))
    (call $getLong (local.get $s) (i32.const 8)))
  (func (export "constant") (result i64)
    (call $getLong (call $filled) (i32.const 8)))
  (func (export "dynamic") (param $offset i32) (result i64)
    (call $getLong (call $filled) (local.get $offset)))
  (func (export "unaligned") (param $offset i32) (result i64)
    (local $s {seg})
    (local.set $s (call $filled))
    (call $setLong (local.get $s) (local.get $offset) (i64.const 0x8182838485868788))
    (call $getLong (local.get $s) (local.get $offset))))

;; run: frame() == 0x8182838485868788
;; run: constant() == 0x8182838485868788
;; run: dynamic(8) == 0x8182838485868788
;; run: unaligned(3) == 0x8182838485868788
;; trap unchecked: dynamic(0x7fffffff)
;; violation checked: OutOfBounds dynamic(0x7fffffff)
