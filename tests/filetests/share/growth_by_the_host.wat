;;! --split 1MiB
;; The host grows the memory before the split, which gives the pages to the program, and after, when they have no owner.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.address" (func $address (param i64) (result i32)))
  (import "test" "grow" (func $host_grow (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "size") (result i32) memory.size)
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "host") (param i32) (result i32) (call $host_grow (local.get 0)))
  (func (export "allocate") (param $bytes i32) (result i32)
    (call $address (call $allocate (call $new) (local.get $bytes)))))

;; run: host(2) == 1
;; run: size() == 3
;; run: grow(1) == 3
;; run: allocate(8) == 0x100008
;; run: host(5) == 17
;; run: size() == 4
;; run: grow(1) == 4
;; run: allocate(70000) == 0x160008
;; run: host(1) == 25
;; run: allocate(200000) == 0x1a0008
;; run: size() == 5
;; run: grow(11) == 5
;; run: grow(1) == -1
