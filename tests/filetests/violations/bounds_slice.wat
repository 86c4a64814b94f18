;;! representations: i64 anyref
;;! shown: i64
;; A slice must be inside of its segment, also one of no bytes, and a slice of a slice inside of that slice.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.address" (func $address (param {seg}) (result i32)))
  (import "linmem" "MemorySegment.size" (func $size (param {seg}) (result i32)))
  (import "linmem" "MemorySegment.slice" (func $slice (param {seg} i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.setByte" (func $setByte (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.getByte" (func $getByte (param {seg} i32) (result i32)))
  (func $part (param $o i32) (param $bytes i32) (result {seg})
    (call $slice (call $allocate (call $new) (i32.const 16)) (local.get $o) (local.get $bytes)))
  (func (export "slice") (param $o i32) (param $bytes i32) (result i32)
    (call $size (call $part (local.get $o) (local.get $bytes))))
  (func (export "of_slice") (param $o i32) (param $bytes i32) (result i32)
    (call $size (call $slice (call $part (i32.const 4) (i32.const 8)) (local.get $o) (local.get $bytes))))
  (func (export "of_slice_of_slice") (param $o i32) (result i32) (local $s {seg}) (local $t {seg})
    (local.set $s (call $part (i32.const 4) (i32.const 8)))
    (local.set $t (call $slice (call $slice (local.get $s) (i32.const 2) (i32.const 6)) (i32.const 1) (i32.const 3)))
    (call $setByte (local.get $t) (local.get $o) (i32.const 5))
    (call $getByte (local.get $s) (i32.add (local.get $o) (i32.const 3)))))

;; run: slice(0, 16) == 16
;; run: slice(16, 0) == 0
;; run: slice(15, 1) == 1
;; run: of_slice(0, 8) == 8
;; run: of_slice(8, 0) == 0
;; run: of_slice_of_slice(0) == 5
;; run: of_slice_of_slice(2) == 5
;; violation: OutOfBounds slice(0, 17)
;; violation: OutOfBounds slice(16, 1)
;; violation: OutOfBounds slice(17, 0)
;; violation: OutOfBounds slice(1, 0xffffffff)
;; violation: OutOfBounds slice(0xffffffff, 1)
;; violation: OutOfBounds slice(0xffffffff, 0xffffffff)
;; violation: OutOfBounds slice(0x80000000, 0x80000000)
;; violation: OutOfBounds of_slice(0, 9)
;; violation: OutOfBounds of_slice(8, 1)
;; violation: OutOfBounds of_slice(9, 0)
;; violation: OutOfBounds of_slice_of_slice(3)
;; violation: OutOfBounds of_slice_of_slice(0xffffffff)
