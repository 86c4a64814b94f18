;;! --share allocator:allocate
;; An intrinsic cannot be the allocator that linmem allocates from.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i32)))
  (export "allocate" (func $allocate))
  (memory (export "memory") 1))
