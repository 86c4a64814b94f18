;;! --memory 2
;; The memory with this index.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param i64 i32 i32)))
  (import "linmem" "MemorySegment.address" (func $address (param i64) (result i32)))
  (memory (export "memory") 1)
  (memory 2)
  (memory $other 1)
  (func (export "run") (result i32 i32) (local $s i64)
    (local.set $s (call $allocate (call $new) (i32.const 16)))
    (call $setInt (local.get $s) (i32.const 0) (i32.const 42))
    (memory.size 0)
    (i32.load $other (call $address (local.get $s)))))

;; run: run() == (1, 42)
