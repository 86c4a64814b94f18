;;! --sealed true
;; A packed segment is a number, which the program can make.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (func $fine (result i64) (call $allocate (call $new) (i32.const 8))))
