;;! --base global:__heap_base
(module
  (import "linmem" "MemoryAllocator.new" (func (result i32)))
  (memory (export "memory") 1))
