;;! --base 1024
;; Every instance of the module would own the bytes above the address.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "env" "memory" (memory 1 100 shared))
  (func (export "run") (drop (call $new))))
