;;! --safety temporal
;; Memory that had no owner when it was checked, and that linmem owns when it is used again.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param i64 i32) (result i32)))
  (import "linmem" "MemorySegment.slice" (func $slice (param i64 i32 i32) (result i64)))
  (import "linmem" "MemorySegment.ofAddress" (func $ofAddress (param i32 i32) (result i64)))
  (func (export "grown") (param $address i32) (param $bytes i32) (result i32) (local $s i64)
    (local.set $s (call $ofAddress (local.get $address) (i32.const 16)))
    (drop (call $slice (local.get $s) (i32.const 0) (i32.const 4)))
    (drop (call $allocate (call $new) (local.get $bytes)))
    (call $getInt (local.get $s) (i32.const 0))))

;; trap: grown(0x1e000, 1000)
;; violation: UseAfterFree grown(0x1e000, 65536)
