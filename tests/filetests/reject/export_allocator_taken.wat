;;! --export-allocator true
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (func (export "open") (result i32) (call $new))
  (memory (export "linmem_close") 1))
