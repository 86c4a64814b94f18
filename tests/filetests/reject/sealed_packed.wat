;;! --sealed true
;; With `--sealed`, segments cannot be packed, since the program can make such numbers.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (func $fine (result i64) (call $allocate (call $new) (i32.const 8))))
