;;! representations: i64 anyref
;;! shown: i64
;; A segment of no bytes: reads and writes are out of bounds, but slices, fills and copies of no bytes are correct.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.size" (func $size (param {seg}) (result i32)))
  (import "linmem" "MemorySegment.getByte" (func $getByte (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.setByte" (func $setByte (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.slice" (func $slice (param {seg} i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.fill" (func $fill (param {seg} i32 i32 i32)))
  (import "linmem" "MemorySegment.copy" (func $copy (param {seg} i32 {seg} i32 i32)))
  (func $empty (result {seg}) (call $allocate (call $new) (i32.const 0)))
  (func (export "size") (result i32) (call $size (call $empty)))
  (func (export "get") (param $o i32) (result i32) (call $getByte (call $empty) (local.get $o)))
  (func (export "set") (param $o i32) (call $setByte (call $empty) (local.get $o) (i32.const 1)))
  (func (export "slice") (param $o i32) (param $bytes i32) (result i32)
    (call $size (call $slice (call $empty) (local.get $o) (local.get $bytes))))
  (func (export "fill") (param $o i32) (param $bytes i32)
    (call $fill (call $empty) (local.get $o) (local.get $bytes) (i32.const 1)))
  (func (export "copy") (param $to i32) (param $from i32) (param $bytes i32)
    (call $copy (call $empty) (local.get $to) (call $empty) (local.get $from) (local.get $bytes))))

;; run: size() == 0
;; run: slice(0, 0) == 0
;; run: fill(0, 0) == ()
;; run: copy(0, 0, 0) == ()
;; violation: OutOfBounds get(0)
;; violation: OutOfBounds get(0xffffffff)
;; violation: OutOfBounds set(0)
;; violation: OutOfBounds slice(0, 1)
;; violation: OutOfBounds slice(1, 0)
;; violation: OutOfBounds slice(1, 0xffffffff)
;; violation: OutOfBounds fill(0, 1)
;; violation: OutOfBounds fill(1, 0)
;; violation: OutOfBounds copy(0, 0, 1)
;; violation: OutOfBounds copy(1, 0, 0)
;; violation: OutOfBounds copy(0, 1, 0)
