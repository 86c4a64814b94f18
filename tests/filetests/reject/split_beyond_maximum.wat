;;! --split 1GiB --max-pages 100
(module
  (import "linmem" "MemoryAllocator.new" (func (result i32)))
  (memory (export "memory") 1))
