;;! --share split
(module
  (import "linmem" "MemoryAllocator.new" (func (result i32))))
