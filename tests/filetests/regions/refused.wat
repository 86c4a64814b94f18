;;! representations: i64
;;! pages: 100
;;! refused: 0 2 3
;; The first attempt to grow is refused, the second succeeds; then both are refused, and later attempts succeed again.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocateAligned" (func $allocate (param i32 i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.address" (func $address (param {seg}) (result i32)))
  (func (export "allocate") (param $bytes i32) (param $alignment i32) (result i32)
    (call $address (call $allocate (call $new) (local.get $bytes) (local.get $alignment))))
  (func (export "top") (result i32) (call $new)))

;; run: allocate(1, 65536) == 65536
;; violation: OutOfMemory allocate(65536, 4096)
;; run: top() == 65544
;; run: allocate(65536, 4096) == 69632
;; run: allocate(8, 8) == 135168
