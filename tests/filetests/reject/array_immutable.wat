(module
  (type $a (array i8))
  (import "linmem" "MemorySegment.copyToArray" (func (param i64 i32 (ref $a) i32 i32))))
