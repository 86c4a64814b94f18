(module
  (import "linmem" "MemoryAllocator.new" (func (result i32)))
  (func)
  (func (param (ref null 99))))
