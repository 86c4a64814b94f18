(module (import "linmem" "MemoryAllocator.new" (global i32)))
