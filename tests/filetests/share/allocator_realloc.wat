;;! --share allocator:cabi_realloc
;; cabi_realloc is called for a new block at a multiple of 8.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.address" (func $address (param i64) (result i32)))
  (import "test" "log" (func $log (param i64)))
  (memory (export "memory") 5)
  (global $at (mut i32) (i32.const 1001))
  (func $take (param $bytes i32) (result i32)
    (global.get $at)
    (global.set $at (i32.add (global.get $at) (local.get $bytes))))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (call $log (i64.extend_i32_u (local.get 0)))
    (call $log (i64.extend_i32_u (local.get 1)))
    (call $log (i64.extend_i32_u (local.get 2)))
    (call $take (local.get 3)))
  (func (export "allocate") (param $bytes i32) (result i32)
    (call $address (call $allocate (call $new) (local.get $bytes)))))

;; run: allocate(8) == 1016
;; log: 0 0 8
