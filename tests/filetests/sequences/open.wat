;;! sequence: open, bump {bytes} -> {$linmem.frame}
;;! bytes: 24 48 104
;;! representations: i32 i64 anyref
;; Opens a region whose handle is not read later, and reserves its first frame.

(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param {seg} i32 i32)))
  (func $begin) (func $end) {pad}
  (func (export "sequence") (local $r i32) (local $s {seg})
    (call $begin)
    (local.set $s (call $allocate (call $new) (i32.const {bytes})))
    (call $end)
    (drop (local.get $s))))
