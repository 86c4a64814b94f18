;; An imported memory belongs to other code, whatever its size.
(module
  (import "env" "memory" (memory $memory 1 10))
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i32)))
  (func (export "run") (result i32) (call $allocate (call $new) (i32.const 16))))

;; run: run() == 65544
;; run: run() == 65560
