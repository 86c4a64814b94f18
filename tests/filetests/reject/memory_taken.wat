(module
  (import "linmem" "MemoryAllocator.new" (func (result i32)))
  (func (export "memory")))
