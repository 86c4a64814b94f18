(module (import "linmem" "MemorySegment.getInt" (func (param anyref i32) (result i32))))
