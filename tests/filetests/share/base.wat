;;! --base 0x8000 --split 1MiB
;; A part of the memory belongs to linmem from the start; it grows above the split.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.address" (func $address (param i64) (result i32)))
  (memory (export "memory") 1)
  (func (export "size") (result i32) memory.size)
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "allocate") (param $bytes i32) (result i32)
    (call $address (call $allocate (call $new) (local.get $bytes)))))

;; run: allocate(8) == 0x8008
;; run: size() == 1
;; run: grow(2) == 1
;; run: allocate(40000) == 0x100008
;; run: size() == 3
;; run: grow(1) == 3
