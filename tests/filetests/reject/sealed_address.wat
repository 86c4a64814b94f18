;;! --sealed true
;; So is an address.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i32)))
  (func $fine (result i32) (call $allocate (call $new) (i32.const 8))))
