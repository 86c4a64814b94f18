;; The same, with room to grow up to the declared maximum, whatever the host does.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.address" (func $address (param i64) (result i32)))
  (import "test" "grow" (func $host_grow (param i32) (result i32)))
  (memory (export "memory") 1 16)
  (func (export "size") (result i32) memory.size)
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "host") (param i32) (result i32) (call $host_grow (local.get 0)))
  (func (export "allocate") (param $bytes i32) (result i32)
    (call $address (call $allocate (call $new) (local.get $bytes)))))

;; run: grow(16) == -1
;; run: grow(1) == 1
;; run: host(1) == 2
;; run: grow(14) == -1
;; run: allocate(8) == 0x100008
;; run: size() == 3
;; run: grow(14) == -1
;; run: grow(13) == 3
