;;! --share trust
;; The last page of a full memory is not used, and its end does not wrap around to address 0.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i32)))
  (import "linmem" "MemoryAllocator.allocateAligned" (func $aligned (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1 65536)
  (func (export "open") (result i32) (call $new))
  (func (export "fill") (result i32) (memory.grow (i32.const 65533)))
  (func (export "aligned") (param $r i32) (param $bytes i32) (param $alignment i32) (result i32)
    (call $aligned (local.get $r) (local.get $bytes) (local.get $alignment)))
  (func (export "large") (param $r i32) (param $bytes i32) (result i32)
    (call $allocate (local.get $r) (local.get $bytes))))

;; run: open() == 65544
;; run: fill() == 2
;; violation: OutOfMemory aligned(65544, 8, 65536)
;; violation: OutOfMemory large(65544, 65536)
;; run: aligned(65544, 8, 4096) == 69632
;; run: large(65544, 8) == 69640
