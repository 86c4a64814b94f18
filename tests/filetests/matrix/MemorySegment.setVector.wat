;;! representations: i32 i64 anyref
;; Writes: in a frame, at a constant offset, at an offset that is not a constant, and unaligned.

(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.setVector" (func $setVector (param {seg} i32 v128)))
  (import "linmem" "MemorySegment.getVector" (func $getVector (param {seg} i32) (result v128)))

  (func $filled (result {seg})
    (local $s {seg})
    (local.set $s (call $allocate (call $new) (i32.const 40)))
    (call $setVector (local.get $s) (i32.const 8) (v128.const i64x2 0x1122334455667788 0x99aabbccddeeff00))
    (local.get $s))
  (func (export "frame") (result i64)
    (local $region i32) (local $s {seg})
    (local.set $region (call $new))
    (local.set $s (call $allocate (local.get $region) (i32.const 24)))
    (call $setVector (local.get $s) (i32.const 8) (v128.const i64x2 0x1122334455667788 0x99aabbccddeeff00))
    (i64x2.extract_lane 1 (call $getVector (local.get $s) (i32.const 8))))
  (func (export "constant") (result i64)
    (i64x2.extract_lane 1 (call $getVector (call $filled) (i32.const 8))))
  (func (export "dynamic") (param $offset i32) (result i64)
    (i64x2.extract_lane 1 (call $getVector (call $filled) (local.get $offset))))
  (func (export "unaligned") (param $offset i32) (result i64)
    (local $s {seg})
    (local.set $s (call $filled))
    (call $setVector (local.get $s) (local.get $offset) (v128.const i64x2 0x1122334455667788 0x99aabbccddeeff00))
    (i64x2.extract_lane 1 (call $getVector (local.get $s) (local.get $offset)))))

;; run: frame() == 0x99aabbccddeeff00
;; run: constant() == 0x99aabbccddeeff00
;; run: dynamic(8) == 0x99aabbccddeeff00
;; run: unaligned(3) == 0x99aabbccddeeff00
;; trap unchecked: dynamic(0x7fffffff)
;; violation checked: OutOfBounds dynamic(0x7fffffff)
