;;! --base global:env.__heap_base
;;! representations: i32
;; The global by the module and the name that it is imported by.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i32)))
  (import "env" "__heap_base" (global i32))
  (memory 1)
  (func (export "f") (result i32) (call $allocate (call $new) (i32.const 8))))

;; run: f() == 1040
