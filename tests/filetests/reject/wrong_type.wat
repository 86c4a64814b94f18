(module (import "linmem" "MemorySegment.setInt" (func (param i64 i64 i32))))
