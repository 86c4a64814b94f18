(module (import "linmem" "MemorySegment.getint" (func (param i64 i32) (result i32))))
