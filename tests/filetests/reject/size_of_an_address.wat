(module (import "linmem" "MemorySegment.size" (func (param i32) (result i32))))
