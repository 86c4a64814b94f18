;;! --share trust --split 1GiB
(module
  (import "linmem" "MemoryAllocator.new" (func (result i32))))
