;;! --memory third
(module
  (import "js" "heap" (memory 1))
  (import "linmem" "MemoryAllocator.new" (func (result i32)))
  (memory (export "memory") 1)
  (memory 1))
