(module
  (type $ints (array (mut i32)))
  (import "linmem" "MemoryAllocator.allocateUtf8" (func (param i32 (ref null $ints) i32 i32) (result i64))))
