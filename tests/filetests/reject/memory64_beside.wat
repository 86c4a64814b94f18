(module
  (import "linmem" "MemoryAllocator.new" (func (result i32)))
  (memory i64 1)
  (memory $small 1))
