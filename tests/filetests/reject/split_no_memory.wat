;;! --split 1MiB
(module
  (import "linmem" "MemoryAllocator.new" (func (result i32))))
