;;! --on-violation report
(module (import "linmem" "MemoryAllocator.new" (func (result i32))))
