;;! --max-pages 65537
(module
  (import "linmem" "MemoryAllocator.new" (func (result i32)))
  )
