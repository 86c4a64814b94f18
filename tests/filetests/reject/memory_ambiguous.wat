;;! --memory heap
(module
  (import "env" "heap" (memory 1))
  (import "js" "heap" (memory 1))
  (import "linmem" "MemoryAllocator.new" (func (result i32))))
