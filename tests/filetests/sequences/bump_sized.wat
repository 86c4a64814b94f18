;;! sequence: bump {$bytes}
;;! representations: i32 i64 anyref
;; Allocates a number of bytes that is not a constant, and leaves the address on the stack.

(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param {seg} i32 i32)))
  (func $begin) (func $end) (func $use (param {seg})) {pad}
  (func (export "sequence") (param $r i32) (param $bytes i32) (local $s {seg})
    (call $begin)
    (local.set $s (call $allocate (local.get $r) (local.get $bytes)))
    (call $end)
    (call $use (local.get $s))))
