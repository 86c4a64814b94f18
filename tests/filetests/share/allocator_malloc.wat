;;! --share allocator:malloc
;; Chunks come from the program's malloc, whose results are aligned; 0 is out of memory.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.address" (func $address (param i64) (result i32)))
  (memory (export "memory") 5)
  (global $at (mut i32) (i32.const 1001))
  (func $take (param $bytes i32) (result i32)
    (global.get $at)
    (global.set $at (i32.add (global.get $at) (local.get $bytes))))
  (func (export "malloc") (param i32) (result i32)
    (if (i32.gt_u (i32.add (global.get $at) (local.get 0)) (i32.const 300000)) (then (return (i32.const 0))))
    (call $take (local.get 0)))
  (func (export "size") (result i32) memory.size)
  (func (export "allocate") (param $bytes i32) (result i32)
    (call $address (call $allocate (call $new) (local.get $bytes)))))

;; run: allocate(8) == 1016
;; run: allocate(100000) == 66552
;; violation: OutOfMemory allocate(100000)
;; run: allocate(8) == 166552
;; run: size() == 5
