;;! sequence: live byte at {$offset} of {$s|$linmem.segment}
;;! after: i32.add > end
;;! through: end
;;! representations: i32 i64 anyref
;; Checks that the region of a segment is open, for a byte at an offset that is not a constant.

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
  (func (export "sequence") (param $s {seg}) (param $offset i32)
    (call $begin)
    (drop (call $getByte (local.get $s) (local.get $offset)))
    (call $end)))
