;;! sequence: bump {$linmem.bytes}
;;! after: local.set $linmem.bytes
;;! through: end
;;! representations: i32 i64 anyref
;; Allocates a number of bytes that was computed, in a region that is known to be open, and leaves the address on the stack.

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
  (func (export "sequence") (param $bytes i32) (local $r i32) (local $s {seg})
    (local.set $r (call $new))
    (local.set $s (call $allocate (local.get $r) (i32.const 8)))
    (call $use (local.get $s))
    (local.set $r (call $new))
    (local.set $s (call $allocate (local.get $r) (i32.const 8)))
    (call $begin)
    (local.set $s (call $allocate (local.get $r) (i32.popcnt (local.get $bytes))))
    (call $end)
    (drop (local.get $s))))
