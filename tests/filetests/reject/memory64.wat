(module
  (import "linmem" "MemoryAllocator.new" (func (result i32)))
  (memory (export "memory") i64 1))
