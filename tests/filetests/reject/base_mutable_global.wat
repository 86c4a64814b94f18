;;! --base global:sp
(module
  (import "linmem" "MemoryAllocator.new" (func (result i32)))
  (global (export "sp") (mut i32) (i32.const 1024))
  (memory (export "memory") 1))
