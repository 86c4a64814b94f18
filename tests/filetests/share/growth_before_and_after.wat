;; The program grows its memory before linmem needs any, and after: it sees only its own pages, and they are contiguous.
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

;; run: size() == 2
;; run: grow(3) == 2
;; run: size() == 5
;; run: allocate(100) == 0x80000008
;; run: size() == 5
;; run: grow(0) == 5
;; run: grow(10) == 5
;; run: allocate(200000) == 0x80000070
;; run: grow(1) == 15
;; run: size() == 16
;; run: grow(-1) == -1
;; run: grow(0x7fff) == -1
;; run: grow(0x7ff0) == 16
;; run: size() == 0x8000
;; run: grow(1) == -1
;; run: allocate(8) == 0x80030db0
