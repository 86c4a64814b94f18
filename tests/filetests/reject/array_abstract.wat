(module (import "linmem" "MemorySegment.toArray" (func (param i64 i32 i32) (result arrayref))))
