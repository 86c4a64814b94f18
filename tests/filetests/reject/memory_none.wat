;;! --memory 0
(module
  (import "linmem" "MemoryAllocator.new" (func (result i32))))
