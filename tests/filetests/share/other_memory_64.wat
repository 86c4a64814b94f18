;; A memory that linmem does not use can be a 64-bit memory.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.address" (func $address (param i64) (result i32)))
  (memory $other i64 1 3)
  (memory $own (export "memory") 2)
  (func (export "other_size") (result i64) (memory.size $other))
  (func (export "other_grow") (param i64) (result i64) (memory.grow $other (local.get 0)))
  (func (export "allocate") (param $bytes i32) (result i32)
    (call $address (call $allocate (call $new) (local.get $bytes)))))

;; run: allocate(8) == 0x20008
;; run: other_grow(1) == 1
;; run: other_size() == 2
