;;! --nesting outermost
(module (import "linmem" "MemoryAllocator.new" (func (result i32))))
