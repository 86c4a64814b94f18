(module
  (type $s (struct (field i32)))
  (import "linmem" "MemoryAllocator.allocateArray" (func (param i32 (ref null $s) i32 i32) (result i64))))
