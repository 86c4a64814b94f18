;;! --sealed true
;; With `--sealed`, segments cannot be addresses, which the program can make.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i32)))
  (func $fine (result i32) (call $allocate (call $new) (i32.const 8))))
