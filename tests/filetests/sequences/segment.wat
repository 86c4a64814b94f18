;;! sequence: segment of {$linmem.frame}, {bytes} bytes
;;! bytes: 24 48 104
;;! behind: end | local.set $linmem.frame
;;! before: call $use
;;! representations: i32 i64 anyref
;; The segment of the only allocation in a frame, as a value.

(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.getByte" (func $getByte (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.getShort" (func $getShort (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.getVector" (func $getVector (param {seg} i32) (result v128)))
  (import "linmem" "MemorySegment.getLong" (func $getLong (param {seg} i32) (result i64)))
  (func $begin) (func $end) (func $use (param {seg})) {pad}
  (func (export "sequence")
    (call $begin)
    (call $use (call $allocate (call $new) (i32.const {bytes})))
    (call $end)))
