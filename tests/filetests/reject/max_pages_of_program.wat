;;! --share split --max-pages 1
(module
  (import "linmem" "MemoryAllocator.new" (func (result i32)))
  (memory (export "memory") 1))
