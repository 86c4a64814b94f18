(module
  (type $a (array (mut anyref)))
  (import "linmem" "MemorySegment.copyFromArray" (func (param i64 i32 (ref null $a) i32 i32))))
