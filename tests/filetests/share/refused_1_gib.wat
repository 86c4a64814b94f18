;;! pages: 16384
;; A host that allows at most 1 GiB.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.address" (func $address (param i64) (result i32)))
  (memory (export "memory") 2)
  (func (export "size") (result i32) memory.size)
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "allocate") (param $bytes i32) (result i32)
    (call $address (call $allocate (call $new) (local.get $bytes)))))

;; run: allocate(8) == 0x20000008
;; run: size() == 2
