;;! --max-pages 10
(module
  (import "linmem" "MemoryAllocator.new" (func (result i32)))
  (memory 1))
