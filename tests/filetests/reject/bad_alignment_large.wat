(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocateAligned" (func $allocate (param i32 i32 i32) (result i64)))
  (func (result i64) (call $allocate (call $new) (i32.const 8) (i32.const 131072))))
