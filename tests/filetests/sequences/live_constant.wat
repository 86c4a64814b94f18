;;! sequence: live 4 up to {end} of {$s|$linmem.segment}
;;! end: 8=12 16=20 40=44
;;! after: i32.wrap_i64 | struct.get $linmem.segment 0 > end
;;! through: end
;;! representations: i32 i64 anyref
;; Checks that the region of a segment is open, for an access at a constant offset.

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
  (func (export "sequence") (param $s {seg})
    (call $begin)
    (drop (call $getInt (local.get $s) (i32.const {end})))
    (call $end)))
