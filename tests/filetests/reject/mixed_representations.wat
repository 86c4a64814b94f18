(module
  (import "linmem" "MemoryAllocator.allocate" (func (param i32 i32) (result i64)))
  (import "linmem" "MemorySegment.getInt" (func (param i32 i32) (result i32))))
