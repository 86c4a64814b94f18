;;! --share allocator:malloc
;; With an allocator, it does not matter who owns the memory, or what other code grows it.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.address" (func $address (param i64) (result i32)))
  (import "env" "memory" (memory 5))
  (export "memory" (memory 0))
  (global $at (mut i32) (i32.const 1001))
  (func $take (param $bytes i32) (result i32)
    (global.get $at)
    (global.set $at (i32.add (global.get $at) (local.get $bytes))))
  (func (export "malloc") (param i32) (result i32) (call $take (local.get 0)))
  (func (export "size") (result i32) memory.size)
  (func (export "allocate") (param $bytes i32) (result i32)
    (call $address (call $allocate (call $new) (local.get $bytes)))))

;; run: allocate(8) == 1016
;; run: size() == 5
