(module
  (import "linmem" "MemoryAllocator.new" (func (result i32)))
  (memory (export "memory") 100 (pagesize 1)))
