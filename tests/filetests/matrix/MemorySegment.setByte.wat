;;! representations: i32 i64 anyref
;; Writes: in a frame, at a constant offset, at an offset that is not a constant, and unaligned.

(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.setByte" (func $setByte (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.getByte" (func $getByte (param {seg} i32) (result i32)))

  (func $filled (result {seg})
    (local $s {seg})
    (local.set $s (call $allocate (call $new) (i32.const 40)))
    (call $setByte (local.get $s) (i32.const 8) (i32.const 0x81828384))
    (local.get $s))
  (func (export "frame") (result i32)
    (local $region i32) (local $s {seg})
    (local.set $region (call $new))
    (local.set $s (call $allocate (local.get $region) (i32.const 24)))
    (call $setByte (local.get $s) (i32.const 8) (i32.const 0x81828384))
    (call $getByte (local.get $s) (i32.const 8)))
  (func (export "constant") (result i32)
    (call $getByte (call $filled) (i32.const 8)))
  (func (export "dynamic") (param $offset i32) (result i32)
    (call $getByte (call $filled) (local.get $offset)))
  (func (export "unaligned") (param $offset i32) (result i32)
    (local $s {seg})
    (local.set $s (call $filled))
    (call $setByte (local.get $s) (local.get $offset) (i32.const 0x81828384))
    (call $getByte (local.get $s) (local.get $offset))))

;; run: frame() == -124
;; run: constant() == -124
;; run: dynamic(8) == -124
;; run: unaligned(3) == -124
;; trap unchecked: dynamic(0x7fffffff)
;; violation checked: OutOfBounds dynamic(0x7fffffff)
