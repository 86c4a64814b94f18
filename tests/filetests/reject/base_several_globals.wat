;;! --base global:heap
(module
  (import "linmem" "MemoryAllocator.new" (func (result i32)))
  (import "js" "heap" (global i32))
  (import "other" "heap" (global i32))
  (memory 1))
